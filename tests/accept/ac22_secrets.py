"""AC-22: what is secret stays so. A hub, a process of its own, is used over HTTP with a canary in every place
where a secret can be; its engine and its plugin log and quote whatever they are handed, and fall over it.
Then everything that others may come to see is searched.

The control is the same hub without the step that takes secrets out of the log's lines.
"""

import asyncio
import base64
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chatgrow_bot.host.loader import built_in_folder

from .checks import Check, Done, Size, Verdict
from .secrets import story
from .secrets.hub import Process, config, running
from .secrets.story import Canaries

_ROUNDS = {Size.FULL: 5, Size.SLICE: 1}
_CLI, _BROKEN = "chatgrow_bot.cli", "tests.accept.secrets.broken_hub"
#: What no error tells of the inside.
_INSIDE = re.compile(rb"Traceback|/home/|sqlite|SELECT |File \"")
_LEAKY = {
    "admin": False,
    "tenants": "all",
    **{each: f"SECRET_LEAKY_{each.upper()}" for each in ("password", "account", "session", "qr", "pairing")},
}

Places = Mapping[str, bytes]


async def run(size: Size) -> Verdict:
    """The story, searched; and the control."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as broken_folder:
        (canaries, places), spilt = await asyncio.gather(
            _told(Path(folder), _CLI, _ROUNDS[size]), _told(Path(broken_folder), _BROKEN, 0)
        )
    caught = [each for each in _hits(*spilt) if "is in logs/" in each]
    figures = {
        "canaries": len(canaries.secrets) + len(canaries.words),
        "places": len(places),
        "searched MB": round(sum(map(len, places.values())) / 1e6, 1),
        "hits": len(broken := [*_hits(canaries, places), *_inside(places)]),
    }
    control = f"without redaction: {len(caught)} hits, as {caught[0]}" if caught else ""
    what = f"{figures['canaries']} canary secrets"
    return Verdict(done=(Done(what=what, figures=figures),), broken=tuple(broken), control=control)


async def _told(folder: Path, program: str, rounds: int) -> tuple[Canaries, Places]:
    """The story, and all that can be read after it."""
    canaries, places = Canaries(), dict[str, bytes]()
    named = story.configured(canaries)
    metrics: dict[str, Any] = {"metrics": {"admin": True}} if (built_in_folder() / "metrics").exists() else {}
    plugins = {"leaky": _LEAKY, "rest_api": {"admin": True}, "journal_log": {"tenants": "all"}, **metrics}
    config(folder, plugins)
    async with running(folder, program, named) as hub:
        printed = re.search(rb"admin, password (\S+)", hub.printed)
        assert printed, hub.printed.decode()
        first = printed[1].decode()
        hub.printed[:] = hub.printed.replace(
            first.encode(), b""
        )  # it is shown once, to whoever starts the hub
        person = await story.log_in(hub, canaries, canaries.secret("first password", first))
        person = await story.link(hub, canaries, person)
        for _ in range(rounds):
            await story.write(hub, canaries, person)
            await story.hear(hub, canaries, person)
            await story.err(hub, canaries, person)
        if rounds:
            places |= await _while_it_runs(hub, person)
        else:
            await story.hear(hub, canaries, person)
    places["console"] = bytes(hub.printed)
    places |= {f"error {number}: {what}": body for number, (what, body) in enumerate(hub.errors)}
    places |= {f"logs/{each.name}": each.read_bytes() for each in (folder / "logs").iterdir()}
    places |= {f"database {each.name}": each.read_bytes() for each in _databases(folder)}
    canaries.secret("installation's key", (folder / "sessions" / "secret.key").read_text().strip())
    return canaries, places


async def _while_it_runs(hub: Process, person: story.Person) -> Places:
    words = [("doctor",), ("why", hub.ids[2]), ("logs", "tail", "-n", "1000"), ("backup",)]
    said = await asyncio.gather(*(hub.word(*each) for each in words))
    places = {f"chatgrow {each[0]}": out for each, out in zip(words, said, strict=True)}
    async with hub.session.get(
        f"{hub.url}/metrics", headers={"Authorization": f"Bearer {person.admin}"}
    ) as got:
        places["/metrics"] = await got.read() if got.status == 200 else b""
    async with hub.session.get(f"{hub.url}/api/logs/health") as got:
        places["/api/logs/health"] = await got.read()
    return {**places, **dict(hub.processes())}


def _databases(folder: Path) -> Iterator[Path]:
    yield from (each for each in (folder / "sessions").glob("chatgrow.db*") if each.is_file())
    yield from (folder / "sessions" / "backups").glob("*")


def _hits(canaries: Canaries, places: Places) -> Iterator[str]:
    """Where something is that must not be there."""
    for place, said in places.items():
        kept = place.startswith("database")  # what people wrote is stored there, and that is what it is for
        for name, value in (canaries.secrets if kept else {**canaries.secrets, **canaries.words}).items():
            if any(form in said for form in _forms(value)):
                yield f"{name} is in {place}"


def _forms(value: str) -> Iterator[bytes]:
    """A value, and as it is written where bytes are."""
    raw = value.encode()
    yield raw
    yield raw.hex().encode()
    yield base64.b64encode(raw)[:-4]


def _inside(places: Places) -> Iterator[str]:
    for place, said in places.items():
        if place.startswith("error") and (found := _INSIDE.search(said)):
            yield f"{place} says {found[0].decode()}"


CHECK = Check(
    name="AC-22",
    promise="canary secrets are in no log, no metric, no error, no process list and no backup",
    kept_in="chatgrow_bot/logs/redaction.py and tracebacks.py, outbox/naming.py, cli/secrecy.py",
    run=run,
)
