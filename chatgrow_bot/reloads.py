"""Reads anew, while the hub runs, what plugins say can be, and the teams: at the command `reload`, and at a
signal."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog

from .config import Loaded, Settings, load
from .errors import ChatgrowError
from .hooks import Hooks
from .hooks.isolation import Failed, WrongAnswer
from .hub import Answer, Command, Identity, Role
from .plugin import Reload

#: Seconds that one of them may take.
_LIMIT = 20.0
#: Whose part it is where it is no plugin's.
_CORE = "the hub"

#: Something of the core's own; None: there is nothing to say of it.
Own = Callable[[], Awaitable[Answer | None]]

log = structlog.get_logger("chatgrow.reloads")


class Reloads:
    """What can be read anew, of all plugins that are on. What fails stays as it was; the others go on."""

    def __init__(self, hooks: Hooks, own: Mapping[str, Own]) -> None:
        self._hooks = hooks
        self._own = own  #: the core's own parts, by what they are
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
            own = [(_CORE, what, await self._core(what, run, by)) for what, run in self._own.items()]
            done = [(plugin, what, answer) for plugin, what, answer in own if answer]
            done += [(plugin, each.what, await self._one(plugin, each, by)) for plugin, each in offered]
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
        return _logged(answer, plugin, reload.what, by)

    async def _core(self, what: str, run: Own, by: str) -> Answer | None:
        try:
            answer = await run()
        except ChatgrowError as error:
            answer = Answer(text=f"It is as it was. {error}", ok=False)
        return answer and _logged(answer, _CORE, what, by)

    async def _command(self, _args: Sequence[str], who: Identity) -> Answer:
        return await self.run(who.user_id)


def teams_anew(loaded: Loaded, renew: Callable[[Settings], Awaitable[bool]]) -> Own:
    """Reads the teams and agents of chatgrow.yaml anew; a file that is wrong keeps the old ones."""

    async def run() -> Answer | None:
        path = loaded.document.path
        if not path.is_file():
            return None  # a program said what it should say
        settings = (await asyncio.to_thread(load, path, os.environ)).settings
        if not await renew(settings):
            return None
        told = f"{len(settings.teams)} teams, {len(settings.agents)} agents"
        return Answer(text=told)

    return run


def _logged(answer: Answer, plugin: str, what: str, by: str) -> Answer:
    say, came = (log.info, "read anew") if answer.ok else (log.warning, "not read anew")
    say(came, plugin=plugin, what=what, by=by, told=answer.text)
    return answer


def _failure(failed: Failed) -> str:
    return f"It failed, and is as it was: {failed.reason}"


def _answer(value: object) -> Answer:
    if not isinstance(value, Answer):
        raise WrongAnswer(f"gave a {type(value).__name__}, where an Answer is wanted")
    return value
