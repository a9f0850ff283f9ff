"""Admin commands: who may, asked twice where it hurts, told to the journal; the same for every front."""

import asyncio
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import Clock
from .config.names import did_you_mean
from .errors import BadInput, ChatgrowError, NotAllowed, NotFound, PluginError
from .hub import Answer, Command, Identity
from .messages import CommandUse

_CODE_LIFETIME = timedelta(seconds=60)
_TIME_LIMIT = 60.0  # seconds a command may take


@dataclass(frozen=True, slots=True)
class _Pending:
    code: str
    expires_at: datetime


class Commands:
    """The commands that are on offer now. Implements hub.Commands."""

    def __init__(self, *, clock: Clock, report: Callable[[CommandUse], None]) -> None:
        self._clock = clock
        self._report = report
        self._commands: dict[str, Command] = {}
        self._pending: dict[tuple[str, str, tuple[str, ...]], _Pending] = {}

    @contextmanager
    def offered(self, commands: Iterable[Command]) -> Iterator[None]:
        """Offer commands for the time of the `with`. Raises TypeError for a name that is taken."""
        with_names = {}
        for command in commands:
            if command.name in self._commands or command.name in with_names:
                raise TypeError(f"two commands are called '{command.name}'; rename one")
            with_names[command.name] = command
        self._commands |= with_names
        try:
            yield
        finally:
            for name in with_names:
                del self._commands[name]

    def all(self) -> Sequence[Command]:
        """Every command, by name."""
        return sorted(self._commands.values(), key=lambda command: command.name)

    async def run(self, name: str, args: Sequence[str], who: Identity) -> Answer:
        """Run one. A command that must be confirmed answers with a code first, and runs when the same user
        repeats it within a minute with the code as last argument; the code is in `data["confirm"]`.

        Raises NotFound (with the nearest name), NotAllowed, BadInput, PluginError, and what the command
        raises of our own family.
        """
        command = self._commands.get(name)
        if command is None:
            raise NotFound(self._unknown(name, who))
        if not who.role.includes(command.role):
            self._tell(command, who, ok=False)
            raise NotAllowed(f"'{name}' needs the role '{command.role}'")
        if command.confirm:
            confirmed = self._confirmed(command, tuple(args), who)
            if confirmed is None:
                return self._ask(command, tuple(args), who)
            args = confirmed
        ok = False
        try:
            answer = await self._call(command, args, who)
            ok = answer.ok
        finally:
            self._tell(command, who, ok=ok)
        return answer

    async def _call(self, command: Command, args: Sequence[str], who: Identity) -> Answer:
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                return await command.run(args, who)
        except ChatgrowError:
            raise
        except TimeoutError as error:
            raise PluginError(f"'{command.name}' did not end within {_TIME_LIMIT:g} s") from error
        except Exception as error:
            raise PluginError(f"'{command.name}' failed: {type(error).__name__}: {error}") from error

    def _confirmed(self, command: Command, args: tuple[str, ...], who: Identity) -> tuple[str, ...] | None:
        """The arguments without the code, once it is right; None when nothing was asked yet."""
        if not args:
            return None
        # Taken out whether it is right or not: a code can be tried once.
        pending = self._pending.pop((who.user_id, command.name, args[:-1]), None)
        if pending is None or pending.expires_at <= self._clock.now():
            return None
        if not hmac.compare_digest(pending.code.encode(), args[-1].encode()):
            raise BadInput(f"This is not the code that '{command.name}' asked for; ask for a new one")
        return args[:-1]

    def _ask(self, command: Command, args: tuple[str, ...], who: Identity) -> Answer:
        now = self._clock.now()
        self._pending = {key: p for key, p in self._pending.items() if p.expires_at > now}
        pending = _Pending(code=f"{secrets.randbelow(1_000_000):06}", expires_at=now + _CODE_LIFETIME)
        self._pending[who.user_id, command.name, args] = pending
        return Answer(
            text=f"{command.help} Repeat '{command.name}' within {_CODE_LIFETIME.seconds} s "
            f"with {pending.code} as last argument to go ahead.",
            data={"confirm": pending.code, "expiresAt": pending.expires_at.isoformat()},
            ok=False,
        )

    def _unknown(self, name: str, who: Identity) -> str:
        usable = [command.name for command in self.all() if who.role.includes(command.role)]
        return f"There is no command '{name[:64]}'{did_you_mean(name, usable)}"

    def _tell(self, command: Command, who: Identity, *, ok: bool) -> None:
        self._report(CommandUse(name=command.name, by=who.user_id, ok=ok, at=self._clock.now()))
