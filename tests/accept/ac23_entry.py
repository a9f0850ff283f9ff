"""AC-23: passwords are not guessed, tokens not forged, and whose login has ended is out within a second, out
of open streams too; a weak secret stops the start. On a whole hub, over real sockets.

The controls are a hub without its brake, and one that tells no stream of an end.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from chatgrow_bot.accounts.brake import Brake
from chatgrow_bot.accounts.known import Known
from chatgrow_bot.hub import Role

from .checks import Check, Done, Size, Verdict
from .entry.credentials import forged
from .entry.streams import ENDINGS, Idle, seconds_until_out
from .entry.world import PASSWORD, World, world

ADDRESSES, CHECKS_A_MINUTE = 50, 10
_LOGINS = {Size.FULL: 1000, Size.SLICE: 100}
_SECONDS_BETWEEN = 0.18  # virtual
_OUT_WITHIN = 1.0
_TIMED = {Size.FULL: 500, Size.SLICE: 3}  #: logins of a user there is, and of one there is not
_APART = 0.010
#: A proxy that says where everybody comes from.
_BEHIND_A_PROXY: Mapping[str, Any] = {"server": {"port": 0, "trustedProxies": ["127.0.0.0/8"]}}
WEAK = (
    "secret",
    "changeme" * 5,
    "a" * 64,
    "0123456789abcdef" * 2 + "0123456789-secret",
    "please-change-this-secret-in-production!",
    "abababababababababababababababababababab",
    "12345678901234567890123456789012",
    "default-signing-key-of-the-installation-xyz",
)
_STARTS = {Size.FULL: len(WEAK), Size.SLICE: 1}
_EX_CONFIG = 78


class Guessing:
    """Logins that go wrong, and how many of them cost a hash."""

    def __init__(self, here: World) -> None:
        self._here = here
        self.checked: list[float] = []  #: when, in virtual seconds
        self.broken: list[str] = []
        passwords = here.accounts._passwords
        self._fits = passwords._fits
        passwords._fits = self._count  # type: ignore[method-assign]

    def _count(self, kept: str, password: str) -> bool:
        self.checked.append(self._here.clock.monotonic())
        return self._fits(kept, password)

    async def ask(self, name: str, password: str, number: int) -> tuple[int, str]:
        """One, from one of the addresses; the answer's status and its words."""
        headers = {"X-Forwarded-For": f"203.0.113.{number % ADDRESSES}"}
        body = {"username": name, "password": password}
        answer = await self._here.ask("POST", "/api/auth/login", headers, json=body)
        return answer.status, answer.body.get("detail", "")

    async def run(self, name: str, logins: int) -> int:
        """Guess the password of somebody; the most hash checks within any minute."""
        before = len(self.checked)
        for number in range(logins):
            status, _ = await self.ask(name, f"guess {number}", number)
            if status not in (401, 429):
                self.broken.append(f"a wrong password was answered {status}")
            self._here.clock.advance(_SECONDS_BETWEEN)
        mine = self.checked[before:]
        return max(sum(start <= at < start + 60 for at in mine) for start in mine)


async def run(size: Size) -> Verdict:
    """Guess, forge, end what is held, and start with weak secrets."""
    done, broken, late = [], list[str](), list[str]()
    async with _house() as here:
        for part in (_guessed, _forged, _told_apart, _ended):
            what, wrong, slow = await part(here, size)
            done.append(what)
            broken += wrong
            late += slow
    starts = WEAK[: _STARTS[size]]
    for secret in starts:
        code, said = await _start(secret)
        if code != _EX_CONFIG or "tokenSecret" not in said:
            broken.append(f"a weak secret ({secret[:8]}...) ends the start with {code}, not {_EX_CONFIG}")
    done.append(Done(what=f"{len(starts)} starts with a weak secret", figures={"exit code": _EX_CONFIG}))
    control = await _control()
    return Verdict(done=tuple(done), broken=tuple(broken), late=tuple(late), control=control)


@asynccontextmanager
async def _house() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder), "rest_api", Idle, settings=_BEHIND_A_PROXY) as here:
            for name, role in (("dana", Role.OPERATOR), ("good", Role.OPERATOR), ("boss", Role.ADMIN)):
                await here.person(name, role)
            yield here


_Part = tuple[Done, Sequence[str], Sequence[str]]


async def _guessed(here: World, size: Size) -> _Part:
    guessing = Guessing(here)
    most = max([await guessing.run(name, _LOGINS[size] // 2) for name in ("dana", "nobody")])
    checks = len(guessing.checked)
    broken = list(guessing.broken)
    if most > CHECKS_A_MINUTE:
        broken.append(f"{most} hash checks of one account within a minute, not {CHECKS_A_MINUTE} at most")
    if not checks:
        broken.append("no hash was checked: nobody could log in at all")
    here.clock.advance(60)
    told = {name: await guessing.ask(name, "wrong password", 7) for name in ("dana", "nobody")}
    if told["dana"] != told["nobody"] or told["dana"][0] != 401:
        broken.append(f"a user there is and one there is not are told apart: {told}")
    for number in range(5):  # behind addresses from which it was guessed just now
        if (status := (await guessing.ask("good", PASSWORD, number))[0]) != 200:
            broken.append(f"somebody with the right password, behind the same address, is answered {status}")
    figures = {"addresses": ADDRESSES, "hash checks": checks, "most in a minute": most}
    return Done(what=f"{_LOGINS[size]:,} wrong logins", figures=figures), broken, ()


async def _forged(here: World, size: Size) -> _Part:
    corpus, opened = await forged(here), []
    for name, token in corpus.items():
        headers = {"Authorization": f"Bearer {token}"}
        if (await here.ask("GET", "/api/whatsapp/connections", headers)).status != 401:
            opened.append(f"{name} is let in")
    if len(corpus) < 40:
        opened.append(f"only {len(corpus)} forged tokens were tried")
    return Done(what=f"{len(corpus)} forged tokens", figures={"let in": len(opened)}), opened, ()


async def _told_apart(here: World, size: Size) -> _Part:
    """By how long it takes."""
    times: dict[str, list[float]] = {"dana": [], "nobody": []}
    for number in range(_TIMED[size]):
        for name, taken in times.items():
            here.clock.advance(60)
            body = {"username": name, "password": f"wrong password {number}"}
            began = time.perf_counter()
            await here.ask("POST", "/api/auth/login", json=body)
            taken.append(time.perf_counter() - began)
    apart = abs(statistics.median(times["dana"]) - statistics.median(times["nobody"]))
    late = [f"known and unknown users are {apart * 1000:.1f} ms apart"] if apart > _APART else []
    figures = {"apart, ms": round(apart * 1000, 2)}
    return Done(what=f"{_TIMED[size]} wrong logins each, known and not", figures=figures), (), late


async def _ended(here: World, size: Size) -> _Part:
    slowest, broken, late = 0.0, [], []
    for ending in ENDINGS:
        seconds = await seconds_until_out(here, ending)
        if seconds is None:
            broken.append(f"{ending.what}: served for good, its stream or its requests")
        elif seconds > _OUT_WITHIN:
            late.append(f"{ending.what}: served for {seconds:.2f} s")
        slowest = max(slowest, seconds or 0.0)
    figures = {"out within, s": round(slowest, 3)}
    return Done(what=f"{len(ENDINGS)} ways to end, streams open", figures=figures), broken, late


async def _start(secret: str) -> tuple[int | None, str]:
    """How the program ends with this secret, and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config" / "chatgrow.yaml"
        config.parent.mkdir()
        config.write_text("server: {port: 0}\n")
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "chatgrow_bot.cli", "--config", str(config), "run"),
            env={**os.environ, "JWT_SECRET": secret},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(60):
                said, _ = await started.communicate()
        except TimeoutError:
            started.kill()
            await started.wait()
            return None, "it runs"
    return started.returncode, said.decode(errors="replace")


async def _control() -> str:
    """How a hub is caught that has no brake, and one that tells no stream of an end."""
    async with _house() as here:
        forget = Known.forget

        def quietly(self: Known, whom: Any) -> None:
            event = self.revoked
            self.revoked = asyncio.Event()
            forget(self, whom)
            self.revoked = event

        with mock.patch.object(Known, "forget", quietly):
            out = await seconds_until_out(here, ENDINGS[0], patience=2 * _OUT_WITHIN)
        with mock.patch.object(Brake, "wait", lambda self, key: 0.0):
            most = await Guessing(here).run("dana", 2 * CHECKS_A_MINUTE)
    if most <= CHECKS_A_MINUTE or out is not None:
        return ""
    return f"without a brake: {most} hash checks in a minute; told of no end, a stream goes on"


CHECK = Check(
    name="AC-23",
    promise="Passwords are not guessed, tokens not forged, whose login ends is out within a second",
    kept_in="chatgrow_bot/accounts/, and chatgrow_bot/server/events.py for streams",
    run=run,
)
