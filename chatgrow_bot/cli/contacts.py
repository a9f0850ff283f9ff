"""`chatgrow contacts`: what privacy law gives to a person. Through the hub that runs; where none does, on the
database itself."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import click
from sqlalchemy import Connection

from ..addresses import chat_of
from ..client import Client, NoAnswer
from ..clock import SystemClock
from ..config.load import Loaded
from ..hub import Erased
from ..outbox.reconcile import RECOVERIES
from ..privacy import Privacy
from ..safety.files import NewFile
from ..safety.http import SafeHttp
from ..spool import Spool
from ..store import accounts, meta, people, personal_messages, recovery, suppressions
from ..store.database import Database, open_database
from ..store.folder import FolderLock, holder
from ..upkeep.copies import copies_kept
from ..vault import Vault
from .cold import loaded_plugins
from .options import CONFIG, loaded
from .remote import Remote, remote

#: Who asked, where nobody logs in.
_BY = "chatgrow contacts"
_BEYOND = """\
Not reached: WhatsApp's own copy in each connection's browser (sessions/profiles) and on phones; what other
systems were sent; copies of the database made by hand, and those beside it from before an upgrade or a
restore (sessions/chatgrow.db.before-...): remove these. After `chatgrow restore`, erase again.
What others wrote about this person stays theirs."""


@click.group()
@remote
def contacts(hub: Remote) -> None:
    """Give a person all that is kept of him, or erase it."""


@contacts.command()
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="PERSON.json, or PERSON.zip.")
@click.option("--user", default="", help="Only what this user keeps.")
@click.option("--everyone", is_flag=True, help="What every user keeps; for admins.")
@remote
@click.pass_context
def export(ctx: click.Context, number: str, out: Path | None, user: str, everyone: bool, hub: Remote) -> None:
    """All that is kept of the person with this NUMBER: JSON, or with `--out person.zip` the files as well.

    Through a hub it is what you keep yourself; without one, what every user does.
    """
    as_zip = out is not None and out.suffix.lower() == ".zip"
    if found := _at_rest(ctx, hub):
        asyncio.run(_export_here(found, number, user, out, as_zip))
    else:
        hub.ask(
            lambda client: _put(
                client.export_person(number, "zip" if as_zip else "json", user=user, everyone=everyone), out
            )
        )
    if out:
        click.echo(f"{out} holds what people wrote: keep it safe, and hand it over safely.", err=True)


@contacts.command()
@click.argument("number")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--user", default="", help="Only what this user keeps.")
@click.option("--everyone", is_flag=True, help="What every user keeps; for admins.")
@remote
@click.pass_context
def erase(ctx: click.Context, number: str, yes: bool, user: str, everyone: bool, hub: Remote) -> None:
    """Erase all that is kept of the person with this NUMBER. What waits for him is cancelled first.

    Through a hub it is what you keep yourself; without one, what every user does, and the file of the
    database is written anew.
    """
    found = _at_rest(ctx, hub)
    whose = f"what '{user}' keeps" if user else "what you keep"
    if not user and (found or everyone):
        whose = "what every user keeps"
    if not yes:
        click.confirm(f"Erase {whose} of {number}, for good?", abort=True)
    if found:
        erased = asyncio.run(_erase_here(found, number, user))
    else:
        erased = hub.ask(lambda client: _erase_there(client, number, user, everyone))
    shown = {
        "counts": dict(erased.counts),
        "suppressed": erased.suppressed,
        "copiesUntil": erased.copies_until,
    }
    hub.show(shown, lambda: _draw(erased))


def _at_rest(ctx: click.Context, hub: Remote) -> Loaded | None:
    """This project's settings, if no hub works on its database."""
    config = hub.config or ctx.find_root().obj or CONFIG
    if hub.is_elsewhere or not config.exists():
        return None
    found = loaded(ctx.find_root(), hub.config)
    return None if holder(found.settings.session_dir) else found


async def _erase_there(client: Client, number: str, user: str, everyone: bool) -> Erased:
    try:
        there = await client.erase_person(number, user=user, everyone=everyone)
    except NoAnswer as error:
        hint = "The erase may go on; the same again tells what came of it."
        raise click.ClickException(f"{error} {hint}") from error
    return Erased(counts=there.counts, suppressed=there.suppressed, copies_until=there.copies_until)


async def _erase_here(found: Loaded, number: str, user: str) -> Erased:
    async with _privacy(found) as (privacy, db):
        tenants = await _tenants(db, user)
        await db.write(partial(_pick_up, tenants=tenants, chat=chat_of(number)))
        erased = await privacy.erase(tenants, number, _BY)
        await db.clear_remains()
        return erased


def _pick_up(conn: Connection, tenants: Sequence[str], chat: str) -> None:
    """What a hub that died left in mid-send to him is in nobody's hands: as at the next start of one."""
    everyone = [people.find(conn, tenant, chat) for tenant in tenants]
    if ids := [each for person in everyone for each in personal_messages.leaving(conn, person)]:
        recovery.pick_up(conn, ids, meta.next_epoch(conn), RECOVERIES, SystemClock().now())


async def _export_here(found: Loaded, number: str, user: str, out: Path | None, as_zip: bool) -> None:
    async with _privacy(found) as (privacy, db):
        parts = await privacy.export(await _tenants(db, user), number, _BY, as_zip=as_zip)
        await _put(parts, out)


@asynccontextmanager
async def _privacy(found: Loaded) -> AsyncIterator[tuple[Privacy, Database]]:
    settings, clock = found.settings, SystemClock()
    host, hooks = loaded_plugins(found)
    if host.problems:
        said = "a plugin cannot be loaded, and what it keeps cannot be told"
        raise click.ClickException(f"{said}: {host.problems[0].message}; see chatgrow check")
    with FolderLock(settings.session_dir):
        vault = Vault.open(settings.session_dir)
        carried = {suppressions.KEY: vault.derive(suppressions.KEY)}
        async with open_database(settings.database_url, carried=carried) as db, SafeHttp() as http:
            yield (
                Privacy(
                    db=db,
                    clock=clock,
                    vault=vault,
                    files=Spool(settings.session_dir / "media", http=http, clock=clock),
                    plugins=hooks.register_personal_data,
                    is_on=lambda plugin: False,
                    copies=copies_kept(settings),
                ),
                db,
            )


async def _tenants(db: Database, user: str) -> Sequence[str]:
    users = await db.read(accounts.every)
    found = [each.user_id for each in users if user in ("", each.username)]
    if not found:
        raise click.ClickException(f"there is no user '{user}': chatgrow user list")
    return found


async def _put(parts: AsyncIterator[bytes], out: Path | None) -> None:
    """To a file that only its owner can read, which appears whole; or to the output."""
    if out is None:
        async for part in parts:
            sys.stdout.buffer.write(part)
        click.echo()
        return
    file = NewFile(out.parent)
    try:
        async for part in parts:
            await asyncio.to_thread(file.write, part)
        await asyncio.to_thread(file.keep, out.name)
    finally:
        await asyncio.to_thread(file.close)


def _draw(erased: Erased) -> None:
    gone = ", ".join(f"{amount:,} {what}" for what, amount in sorted(erased.counts.items()) if amount)
    click.echo(f"Erased: {gone or 'there was nothing'}.")
    if erased.suppressed:
        click.echo("He had opted out: nobody can write to him until he says START himself.")
    if erased.copies_until:
        click.echo(f"Regular copies of the database still have him, until {erased.copies_until:%F %R} UTC.")
    click.echo(_BEYOND)
