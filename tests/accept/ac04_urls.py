"""AC-04: no address from outside makes the hub call its own network. Every way to write an address inside, by
every road that leads to it, at every place where the hub calls an address; and a good host is called.

Every socket of the hub is watched, and none leaves this machine. The control is a client that looks a name up
for the check and once more to connect.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock
from urllib.parse import quote

from .checks import Check, Done, Figure, Size, Verdict
from .hostile.house import House, house
from .urls.forms import ELSEWHERE, FORMS, PUBLIC, Form, literally
from .urls.network import FILE, Network, Twice, network, settings_of
from .urls.sinks import Call, lay_plugin, sinks

#: Of so many forms, one is tried.
_EVERY = {Size.FULL: 1, Size.SLICE: 18}


@dataclass
class Told:
    """What came of it."""

    asked: int = 0
    sinks: int = 0
    wrong: list[str] = field(default_factory=list)


async def run(size: Size) -> Verdict:
    """Every form by every road at every sink; then by the broken client, by one road."""
    with mock.patch("chatgrow_bot.bulk.files._AGAIN", (0.01, 0.01)):  # a row's file is tried again as soon
        return await _run(size)


async def _run(size: Size) -> Verdict:
    async with network() as net:
        told = await _story(net, FORMS[:: _EVERY[size]])
    broken = [*told.wrong[:10], *dict.fromkeys(f"{each} was called" for each in net.inside[:20])]
    if not net.outside:
        broken.append("no public address was called either: the names were not looked up")
    async with network() as control:
        with mock.patch("chatgrow_bot.app.SafeHttp", Twice):
            await _story(control, [Form("", "127.0.0.1"), Form("", "169.254.169.254")], moving_only=True)
    figures: dict[str, Figure] = {
        "forms": len(FORMS[:: _EVERY[size]]),
        "sinks": told.sinks,
        "inside": len(net.inside),
        "outside": net.outside,
    }
    caught = f"a client that looks up twice: {len(control.inside)} calls inside" if control.inside else ""
    return Verdict(
        done=(Done(what=f"{told.asked:,} URLs that lead inside", figures=figures),),
        broken=tuple(broken),
        control=caught,
    )


async def _story(net: Network, forms: tuple[Form, ...] | list[Form], *, moving_only: bool = False) -> Told:
    told = Told()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        async with house(folder, **lay_plugin(folder), **settings_of(net)) as here:
            net.known.add(here.running.port)
            await here.person("anna")
            await here.connect("anna", "shop")
            found, unknown = sinks(here)
            told.sinks = len(found)
            told.wrong += unknown
            for name, call in found.items():
                if not moving_only:
                    await _good(net, here, name, call, told)
                for form in forms:
                    await _moving(net, here, call, form, told)
                    if not moving_only:
                        await _form(net, here, name, call, form, told)
            if not moving_only:
                told.wrong += _kept(folder)
    return told


async def _good(net: Network, here: House, name: str, call: Call, told: Told) -> None:
    """A good host is called, straight and by a redirect of its own."""
    start = f"http://good.example:{net.good}"
    for url in (f"{start}/menu.pdf", f"{start}/away?to=/menu.pdf"):
        reply = await call(here, url)
        if reply.status not in (200, 202) or (reply.status == 200 and reply.raw != FILE):
            told.wrong.append(f"{name} does not call a good host: {reply.status} {reply.raw[:200]!r}")
    for where in ELSEWHERE:
        told.asked += 2
        for url in (where, f"{start}/away?to={quote(where, safe='')}"):
            if (await call(here, url)).status in (200, 202):
                told.wrong.append(f"{name} takes {url}")


async def _form(net: Network, here: House, name: str, call: Call, form: Form, told: Told) -> None:
    """Written out, by name, and by a redirect of a good host to either."""
    net.names.known["inside.example"] = [form.means]
    direct = [*literally(form, net.canary), *_named("inside.example", net.canary)]
    away = f"http://good.example:{net.good}/away?to="
    async with asyncio.TaskGroup() as asked:
        for url in (*direct, *(away + quote(each, safe="") for each in direct)):
            asked.create_task(_refused(here, name, call, url, form, told))


async def _refused(here: House, name: str, call: Call, url: str, form: Form, told: Told) -> None:
    told.asked += 1
    reply = await call(here, url)
    if reply.status in (200, 202):
        told.wrong.append(f"{name} takes {url}, which is {form.means}")
    if "inside.example" in url and form.means.encode() in reply.raw:
        told.wrong.append(f"{name} tells the address of a name: {reply.raw[:200]!r}")


def _named(name: str, port: int) -> Iterator[str]:
    for scheme in ("https", "http"):
        yield f"{scheme}://{name}:{port}/"


async def _moving(net: Network, here: House, call: Call, form: Form, told: Told) -> None:
    """A name that is outside at the first look-up, and inside from then on."""
    for public in PUBLIC:
        net.names.known["moving.example"] = [public, form.means]
        for _ in range(2):
            told.asked += 1
            await call(here, f"https://moving.example:{net.canary}/")


def _kept(folder: Path) -> list[str]:
    """Files that came from elsewhere than the good host."""
    files = [each for each in (folder / "sessions" / "media").glob("*/??/*") if each.is_file()]
    kept = {each.read_bytes() for each in files}
    return [] if kept == {FILE} else [f"{len(kept)} different files were kept, not one"]


CHECK = Check(
    name="AC-04",
    promise="no URL makes the hub call its own network, however it is written, resolved or redirected",
    kept_in="chatgrow_bot/safety/gate.py and http.py",
    run=run,
)
