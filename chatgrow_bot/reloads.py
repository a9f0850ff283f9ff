"""Reads anew, while the hub runs, what plugins say can be: at the command `reload`, and at a signal."""

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from .hooks import Hooks
from .hooks.isolation import Failed, WrongAnswer
from .hub import Answer, Command, Identity, Role
from .plugin import Reload

#: Seconds that one of them may take.
_LIMIT = 20.0

log = structlog.get_logger("chatgrow.reloads")


class Reloads:
    """What can be read anew, of all plugins that are on. What fails stays as it was; the others go on."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._turn = asyncio.Lock()

    def commands(self) -> Iterable[Command]:
        """The command, for every front."""
        yield Command(
            name="reload",
            help="Reads anew what can be while the hub runs; what is wrong stays as it was.",
            role=Role.ADMIN,
            run=self._command,
        )

    async def run(self, by: str) -> Answer:
        """Read all of it anew. `ok` when nothing failed; `data["reloads"]` tells of each."""
        async with self._turn:  # a second one must see what the first left, and not overtake it
            offered = [each for each in self._hooks.register_reloads() if self._hooks.is_on(each[0])]
            done = [(plugin, each.what, await self._one(plugin, each, by)) for plugin, each in offered]
        told = [f"{plugin}, {what}: {answer.text}" for plugin, what, answer in done]
        return Answer(
            text="\n\n".join(told) or "No plugin that is on has anything to read anew.",
            data={
                "reloads": [
                    {"plugin": plugin, "what": what, "ok": answer.ok, "text": answer.text}
                    for plugin, what, answer in done
                ]
            },
            ok=all(answer.ok for _, _, answer in done),
        )

    async def _one(self, plugin: str, reload: Reload, by: str) -> Answer:
        outcome = await self._hooks.isolation.run(
            plugin, f"reload of {reload.what}", reload.run, seconds=_LIMIT, check=_answer
        )
        answer = outcome if isinstance(outcome, Answer) else Answer(text=_failure(outcome), ok=False)
        say, came = (log.info, "read anew") if answer.ok else (log.warning, "not read anew")
        say(came, plugin=plugin, what=reload.what, by=by, told=answer.text)
        return answer

    async def _command(self, _args: Sequence[str], who: Identity) -> Answer:
        return await self.run(who.user_id)


def _failure(failed: Failed) -> str:
    return f"It failed, and is as it was: {failed.reason}"


def _answer(value: object) -> Answer:
    if not isinstance(value, Answer):
        raise WrongAnswer(f"gave a {type(value).__name__}, where an Answer is wanted")
    return value
