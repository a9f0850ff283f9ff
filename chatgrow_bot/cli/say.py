"""`chatgrow say`: what would be answered to a message, and why, all along its way in. It is tried on a copy:
nothing is sent, called or stored, so it may be asked beside a hub that runs."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from tzlocal import get_localzone

from ..addresses import chat_of
from ..clock import SystemClock
from ..config.load import Loaded
from ..errors import InvalidPhoneNumber
from ..messages import FILES, Kind
from ..rehearsal import Rehearsed, Scene, rehearse
from .drawing import safe
from .options import config_option, loaded
from .spoken import spoken

#: Who writes when it does not matter who.
_SOMEBODY = "14155550123@c.us"
_MEDIA = sorted(kind.value for kind in (*FILES, Kind.LOCATION, Kind.CONTACT))
_TIME = "%Y-%m-%d %H:%M"
#: So much further in are the steps where `chatgrow why` shows a whole message.
_INDENT = 3


@click.command(short_help="What would be answered to a message, and why?")
@click.argument("text", default="")
@click.option("--from", "number", help="The number that writes; if left out, somebody who wrote before.")
@click.option("--name", default="", help="The name he gave himself.")
@click.option("--at", help='When, as "2026-03-05 14:00"; if left out, now.')
@click.option("--media", type=click.Choice(_MEDIA), help="It carries this; TEXT is then its caption.")
@click.option("--as", "user", default="", help="The user whose customer he is; the first admin if left out.")
@click.option("--connection", default="", help="The connection he writes to; the user's first if left out.")
@click.option("--group", is_flag=True, help="He writes in a group.")
@click.option("--poll", multiple=True, metavar="OPTION", help="He votes for this option of a poll of ours.")
@click.option("--reply-to-us", is_flag=True, help="He quotes a message of ours.")
@click.option("--tag", "tags", multiple=True, help="He has this tag besides.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="This is known of him besides.")
@click.option("--first-contact", is_flag=True, help="He never wrote before.")
@click.option("--all", "whole", is_flag=True, help="Also what was asked in vain, however much.")
@config_option
@click.pass_context
def say(
    ctx: click.Context, /, text: str, at: str | None, whole: bool, config: Path | None, **told: Any
) -> None:
    """Say TEXT as a customer would. Prints what would be said and done, and below it every step that leads
    there, with each rule that was asked. It goes the whole way of a message, on a copy of what is known of
    this customer: nothing is sent, no web address is called, nothing is stored."""
    if not (text or told["media"] or told["poll"]):
        raise click.UsageError("say something, or give --media or --poll")
    found = loaded(ctx, config)
    zone = _zone(found)
    scene = _scene(text, _moment(at, zone), **told)
    came = asyncio.run(rehearse(found, scene, whole=whole))
    for line in _lines(came, f"{scene.at.astimezone(zone):{_TIME}} {zone}" if at else "now"):
        click.echo(line)


def _scene(
    text: str,
    at: datetime,
    *,
    number: str | None,
    name: str,
    media: str | None,
    user: str,
    connection: str,
    group: bool,
    poll: tuple[str, ...],
    reply_to_us: bool,
    tags: tuple[str, ...],
    fields: tuple[str, ...],
    first_contact: bool,
) -> Scene:
    return Scene(
        text=text,
        sender=_chat(number) if number else _SOMEBODY,
        is_made_up=not number,
        name=name,
        at=at,
        kind=Kind(media) if media else Kind.TEXT,
        in_group=group,
        votes=poll,
        about_ours=reply_to_us,
        tags=frozenset(tags),
        fields=dict(map(_field, fields)),
        is_new=first_contact,
        user=user,
        connection=connection,
    )


def _lines(came: Rehearsed, when: str) -> Iterator[str]:
    """Who says it, what comes of it, and below how that came about."""
    yield safe(f"{_who(came)}, {when}. {_known(came)}".rstrip())
    yield ""
    yield from spoken(came)
    yield ""
    yield from (safe(line[_INDENT:]) for line in came.trace)


def _who(came: Rehearsed) -> str:
    who = "somebody" if came.scene.is_made_up else f"+{came.scene.sender.partition('@')[0]}"
    to = "" if came.note else f" to '{came.connection}' of '{came.username}'"
    return f"From {who}{to}{' in a group' if came.scene.in_group else ''}"


def _known(came: Rehearsed) -> str:
    """What is known of him before he writes."""
    him = came.customer
    known = [
        *(["he wants nothing (opted out)"] if came.opted_out else []),
        *([f"tags {', '.join(sorted(him.tags))}"] if him.tags else []),
        *(f"{name} {said}" for name, said in sorted(him.fields.items())),
        *(["never wrote before"] if him.is_new else []),
        *([f"was asked something by {came.holder}"] if came.holder else []),
    ]
    note = f"{came.note}. " if came.note else ""
    return note + (f"Known of him: {'; '.join(known)}." if known else "")


def _chat(number: str) -> str:
    try:
        return chat_of(number)
    except InvalidPhoneNumber as error:
        raise click.BadParameter(str(error), param_hint="--from") from error


def _field(given: str) -> tuple[str, str]:
    name, _, value = given.partition("=")
    if not (name and value):
        raise click.BadParameter(f"'{given}' is not NAME=VALUE, as city=Haifa", param_hint="--field")
    return name, value


def _moment(given: str | None, zone: tzinfo) -> datetime:
    if given is None:
        return SystemClock().now()
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        hint = 'write it as "2026-03-05 14:00", or with +02:00 behind it'
        raise click.BadParameter(hint, param_hint="--at") from error
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _zone(found: Loaded) -> tzinfo:
    """The one that plugins are set to (`timeZone`), where they agree; otherwise the machine's."""
    listed = found.document.data.get("plugins") if isinstance(found.document.data, dict) else None
    entries = (listed or {}).values() if isinstance(listed, dict) else ()
    names = {entry.get("timeZone") for entry in entries if isinstance(entry, dict)} - {None}
    try:
        return ZoneInfo(str(names.pop())) if len(names) == 1 else get_localzone()
    except (ZoneInfoNotFoundError, ValueError):  # `chatgrow check` says so
        return get_localzone()
