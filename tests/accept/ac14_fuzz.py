"""AC-14: whatever a client sends, the API answers as its document says. A generator reads the document and
makes requests of it, right ones, wrong ones and sequences, as two tenants at once; what no client of good
will sends is thrown at every route besides. The hub is whole, over a socket; only WhatsApp is a fake engine.

The control is a plugin that stumbles, answers what it does not document, and tells of others. Hostile calls
of the page's binding are AC-09's.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .checks import Check, Done, Figure, Size, Verdict
from .fuzzing.generated import Generated, generated
from .fuzzing.malformed import thrown
from .fuzzing.world import World, world

#: Cases for an operation and phase, the phases, and how many there must be in all.
_MOST = {Size.FULL: 60, Size.SLICE: 2}
_PHASES = {Size.FULL: "examples,coverage,fuzzing,stateful", Size.SLICE: "fuzzing"}
_CASES = {Size.FULL: 10_000, Size.SLICE: 200}
_LAG = 0.25
#: Of the answers, at most so many that the caller was not let in: else nothing was tried.
_SHUT_OUT = 0.5
_BROKEN = {"brokenOnPurpose" + name for name in ("Stumbles", "Surprises", "Tells")}


@dataclass(slots=True)
class _Found:
    broken: list[str] = field(default_factory=list)
    cases: int = 0
    malformed: int = 0
    answered: dict[int, int] = field(default_factory=dict)
    lag: float = 0.0
    unhandled: int = 0


async def run(size: Size) -> Verdict:
    """Try it, and then a plugin that is broken."""
    with tempfile.TemporaryDirectory() as folder:
        found = await _tried(Path(folder), size)
    with tempfile.TemporaryDirectory() as folder:
        control = await _control(Path(folder))
    figures: dict[str, Figure] = {
        "generated": found.cases,
        "malformed": found.malformed,
        "2xx": sum(count for status, count in found.answered.items() if status < 300),
        "4xx": sum(count for status, count in found.answered.items() if 400 <= status < 500),
        "5xx": sum(count for status, count in found.answered.items() if status >= 500),
        "unhandled": found.unhandled,
        "most lag ms": round(found.lag * 1000),
    }
    late = (f"the loop stood still for {found.lag * 1000:.0f} ms",) if found.lag > _LAG else ()
    done = Done(what="requests as two tenants", figures=figures)
    return Verdict(done=(done,), broken=tuple(found.broken), late=late, control=control)


async def _tried(folder: Path, size: Size) -> _Found:
    found = _Found()
    async with world(folder) as hub:
        admin = replace(hub.tenants[1], headers=hub.admin)
        for tenant in (*hub.tenants, admin) if size is Size.FULL else (admin,):
            count, broken = await thrown(hub, tenant)
            found.malformed += count
            found.broken += broken
        runs = [
            generated(hub, tenant, folder / tenant.name, most=_MOST[size], phases=_PHASES[size])
            for tenant in hub.tenants
        ]
        for tenant, came in zip(hub.tenants, await asyncio.gather(*runs), strict=True):
            _take(found, came, tenant.name)
        found.lag, found.unhandled = hub.lag, len(hub.unhandled)
        found.broken += hub.unhandled
        found.broken += [each async for each in _still_there(hub)]
    if found.cases < _CASES[size]:
        found.broken.append(f"only {found.cases} cases were generated, not {_CASES[size]}")
    return found


def _take(found: _Found, came: Generated, name: str) -> None:
    found.cases += came.cases
    for status, count in came.answered.items():
        found.answered[status] = found.answered.get(status, 0) + count
    found.broken += [f"{name}: {failure}" for failure in came.failures]
    shut_out = came.answered.get(401, 0) / max(1, sum(came.answered.values()))
    if shut_out > _SHUT_OUT:
        found.broken.append(
            f"{name}: was not let in by {shut_out:.0%} of the answers: the rest proves little"
        )


async def _still_there(hub: World) -> AsyncIterator[str]:
    """Whether the hub still answers, and everybody's things are still his own."""
    status, health = await hub.ask("GET", "/health", {})
    if not health["checks"]["database"]:  # others may fail: connections were ended, the queue was stopped
        yield f"/health answers {status} afterwards: {health}"
    for tenant in hub.tenants:
        status, _ = await hub.ask("GET", "/api/whatsapp/connections", tenant.headers)
        if status != 200:
            yield f"{tenant.name} is answered {status} afterwards"


async def _control(folder: Path) -> str:
    """What is said of a plugin that is broken on purpose; empty unless each of its faults is found."""
    async with world(folder, broken=True) as hub:
        bob = hub.tenants[0]
        only = f"^({'|'.join(sorted(_BROKEN))})$"
        came = await generated(hub, bob, folder / "control", most=20, phases="fuzzing", only=only)
    faults = list(_faults(came.failures))
    return f"a plugin that is broken on purpose: {', '.join(faults)}" if len(faults) == 3 else ""


def _faults(failures: Sequence[str]) -> Iterator[str]:
    for place, check, said in (
        ("stumbles", "not_a_server_error", "a 500 was seen"),
        ("surprises", "status_code_conformance", "an undocumented status was seen"),
        ("tells", "tells_nothing_of_others", "another tenant's mark was seen"),
    ):
        if any(f"/{place}: {check}" in failure for failure in failures):
            yield said


CHECK = Check(
    name="AC-14",
    promise="Whatever is sent, the API answers as its document says: no 5xx, nothing of others, no hang-up",
    kept_in="chatgrow_bot/server/ and plugins/rest_api/",
    run=run,
)
