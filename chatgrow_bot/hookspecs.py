"""Every hook there is. The prefix of a name is its calling convention:

`register_*` are plain functions, collected at start and gone at stop. `filter_*` and `answer` are asked
inline, in the order of chatgrow.yaml, each within 5 s (`answer`: 20 s). `on_*` hear facts from the journal:
in order, at least once, each plugin at its own pace, 60 s a call. `raise ReceiverDown(seconds)` in one of
them says that whoever should hear it cannot now: the fact waits, and it is no fault of the plugin.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from .engine import EngineFactory
from .hub import Command
from .messages import (
    CommandUse,
    ConnectionChange,
    ConversationChange,
    Delivery,
    Drop,
    Fault,
    HealthReport,
    Inbound,
    Later,
    Notice,
    Outbound,
)
from .plugin import Check, CliCommand, Examination, PersonalData, Reload, Route, spec
from .responses import Customer, Response


class HookSpecs:
    """The hooks, in the order in which a plugin meets them."""

    @spec
    def lifespan(self) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]
        """Entered when the plugin starts, left when it stops. An error at start leaves this plugin out."""

    @spec
    def register_engines(self) -> Mapping[str, EngineFactory]:  # type: ignore[empty-body]
        """Ways to reach WhatsApp, by the name that a connection's `engine` setting gives."""

    @spec
    def register_routes(self) -> Iterable[Route]:  # type: ignore[empty-body]
        """HTTP routes, each with who may call it."""

    @spec
    def register_commands(self) -> Iterable[Command]:  # type: ignore[empty-body]
        """Admin commands, the same for every front."""

    @spec
    def register_cli(self) -> Iterable[CliCommand]:  # type: ignore[empty-body]
        """Sub-commands of `chatgrow`."""

    @spec
    def register_checks(self) -> Iterable[Check]:  # type: ignore[empty-body]
        """What `chatgrow check` looks at besides chatgrow.yaml: files of the plugin's own."""

    @spec
    def register_examinations(self) -> Iterable[Examination]:  # type: ignore[empty-body]
        """What `chatgrow doctor` looks at besides the machine and the hub's own files."""

    @spec
    def register_reloads(self) -> Iterable[Reload]:  # type: ignore[empty-body]
        """What is read anew while the hub runs: at `chatgrow reload`, the command `reload`, a SIGHUP."""

    @spec
    def register_personal_data(self) -> Iterable[PersonalData]:  # type: ignore[empty-body]
        """What the plugin keeps of people in tables of its own: given to whoever asks for what is kept of
        him, and erased with all else of him."""

    @spec
    async def filter_inbound(self, message: Inbound) -> Inbound | Drop | None:
        """Look at a message before anything answers it: None lets it pass, an Inbound replaces it, a Drop
        ends its way. A crash lets it pass."""

    @spec
    async def answer(
        self, message: Inbound, customer: Customer
    ) -> Outbound | Sequence[Outbound] | Response | None:
        """Answer a customer, or do something else about his message. The first plugin that does wins; None,
        an empty Response (which may explain itself), or a crash, asks the next. Reactions, edits and
        deletions are not asked about."""

    @spec
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Outbound | Drop | Later | None:
        """Look at a message in the moment before it leaves: None lets it go, an Outbound replaces what is
        said, a Drop cancels it, Later holds it. A crash holds it, and it is tried again."""

    @spec
    async def on_inbound(self, message: Inbound) -> None:
        """A message came in and is stored, with its file or the reason why there is none."""

    @spec
    async def on_outbound(self, delivery: Delivery) -> None:
        """An outgoing message came into another state."""

    @spec
    async def on_connection(self, change: ConnectionChange) -> None:
        """A connection came into another state."""

    @spec
    async def on_health(self, report: HealthReport) -> None:
        """A connection's health changed."""

    @spec
    async def on_fault(self, fault: Fault) -> None:
        """Something went wrong that a person may want to know."""

    @spec
    async def on_command(self, use: CommandUse) -> None:
        """Somebody used an admin command."""

    @spec
    async def on_notice(self, notice: Notice) -> None:
        """A plugin wants others to know of a message."""

    @spec
    async def on_conversation(self, change: ConversationChange) -> None:
        """Something happened in a conversation that was handed to a team."""
