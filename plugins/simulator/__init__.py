"""A stand-in for the WhatsApp Web page and WhatsApp's servers, with virtual phones; never for wa-js.

The true engine, wa-js and Chromium run on it with nobody's account at stake; README.md says how.
"""

from collections.abc import Iterable

from chatgrow_bot.plugin import CliCommand, Plugin, hook

from . import cli
from .client import SimulatorClient
from .nouns import Ack, SimulatorError
from .phone_message import PhoneMessage
from .phones import Customer, Phone
from .simulator import Simulator, serve
from .switches import Switches
from .writing import Group

__all__ = [
    "Ack",
    "Customer",
    "Group",
    "Phone",
    "PhoneMessage",
    "Simulator",
    "SimulatorClient",
    "SimulatorError",
    "SimulatorPlugin",
    "Switches",
    "serve",
]


class SimulatorPlugin(Plugin):
    """Brings `chatgrow demo`, `chatgrow simulator` and `chatgrow phone`."""

    @hook
    def register_cli(self) -> Iterable[CliCommand]:
        """The words."""
        return (cli.demo, cli.simulator_command, cli.phone)
