"""For tests of plugins and of the core: a clock whose hands one turns, an engine without WhatsApp, and the
pytest fixture `bot`: a real hub, with a real database, that one can talk to.

    async def test_it_repeats_what_it_is_told(bot):
        await bot.start(MyPlugin)
        assert await bot.say("!say hello") == ["hello"]
"""

from .clock import FakeClock
from .engine import FakeEngine, FakeSession
from .hub import TalkingBot

try:
    from .fixture import bot, pytest_pycollect_makeitem
except ModuleNotFoundError as error:  # a program that only plays WhatsApp needs no pytest
    if error.name != "pytest":
        raise

__all__ = ["FakeClock", "FakeEngine", "FakeSession", "TalkingBot", "bot", "pytest_pycollect_makeitem"]
