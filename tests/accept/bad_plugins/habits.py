"""Plugins that misbehave, as code that strangers might have written."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from textwrap import indent

_HEAD = """\
import asyncio
import time

from chatgrow_bot.messages import Drop, Outbound
from chatgrow_bot.plugin import Plugin, hook


class Hostile:
    def __str__(self):
        raise RuntimeError("not even that")

    __repr__ = __str__


async def blocks():
    time.sleep(60)


class Bad(Plugin):
    left = []

    @hook
    async def {hook}(self, message):
"""

#: What each does when it is asked. Those that end in `_quietly` do no harm, and nobody should mind them.
HABITS = {
    "sleeps": "await asyncio.sleep(3600)",
    "raises": "raise RuntimeError(message.text)",
    "leaks_a_task_that_blocks": "self.left.append(asyncio.ensure_future(blocks()))\nawait asyncio.sleep(0)",
    "spins": "while True:\n    pass",
    "blocks": "time.sleep(60)",
    "gives_rubbish": "return Hostile()",
    "gives_a_huge_answer": "return Outbound(to=message.chat, text='x' * 50_000_000)",
    "leaks_tasks_quietly": (
        "self.left.extend(asyncio.ensure_future(asyncio.sleep(3600)) for _ in range(100))\n"
        "await asyncio.sleep(0)"
    ),
    "exits": "raise SystemExit(1)",
    "cancels": "raise asyncio.CancelledError",
    "recurses": "await self.{hook}(message)",
    "gives_a_million_answers": "return [Outbound(to=message.chat, text='hi')] * 1_000_000",
    "gives_a_strange_drop": "return Drop(Hostile())",
    "spins_and_catches_errors": (
        "while True:\n    try:\n        time.sleep(0.01)\n    except Exception:\n        pass"
    ),
    "gives_a_wrong_address": "return Outbound(to=message.chat, text=5)",
    "will_not_be_cancelled": (
        "for _ in range(2):\n"  # not for ever: the loop waits for it when all is over
        "    try:\n"
        "        await asyncio.sleep(3600)\n"
        "    except asyncio.CancelledError:\n"
        "        pass"
    ),
    "times_out_by_itself": "async with asyncio.timeout(0.01):\n    await asyncio.sleep(3600)",
    "blocks_in_a_callback": (
        "asyncio.get_running_loop().call_soon(lambda: time.sleep(60))\nawait asyncio.sleep(0)"
    ),
}
_HOOKS = ("answer", "filter_inbound")


@dataclass(frozen=True, slots=True)
class Bad:
    """A plugin that misbehaves."""

    name: str
    code: str

    @property
    def harmless(self) -> bool:
        """Whether it may be asked for ever."""
        return "quietly" in self.name


def bad_plugins(count: int) -> Iterator[Bad]:
    """So many of them; the first ones differ most."""
    variants = product(range(1 + count), _HOOKS, HABITS.items())
    for number, hook, (habit, body) in islice(variants, count):
        code = _HEAD.format(hook=hook) + indent(body.replace("{hook}", hook), " " * 8)
        yield Bad(f"{hook}_{habit}_{number}", f"{code}\n")
