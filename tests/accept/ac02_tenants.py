"""AC-02: what is one user's is nobody else's. Everything that one user may ask for is asked for by another,
by every route there is; ids of the one are told apart from nobody's by no answer; and every statement that is
made for a request names whose rows it means.

The control is a function of the store that does not look whose a message is.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Connection, select

from chatgrow_bot.hub import Role
from chatgrow_bot.store.rows import Outgoing, to_outgoing
from chatgrow_bot.store.tables import outbox

from .checks import Check, Done, Figure, Size, Verdict
from .hostile.house import CONNECTIONS, PASSWORD, House, house
from .tenants.replay import Replay, Replayed
from .tenants.statements import Statements
from .tenants.traffic import TALKS, WEBHOOKS, User, settle

_PLUGINS: Mapping[str, Any] = {
    "rest_api": {"admin": True}, "dashboard": {"admin": True}, "metrics": {"admin": True},
    "webhooks": {"admin": True},
}  # fmt: skip
#: Everybody's own customers may be handed to them.
_TEAMS: Mapping[str, Any] = {
    "agents": {"dana": {"name": "Dana"}},
    "teams": {"sales": {"tenants": "all", "members": ["dana"], "give": "byHand"}},
}
_STORY = ["opened", "taken", "answered", "noted"]
_COOKIE = "chatgrow_session"


async def run(size: Size) -> Verdict:
    """Both sizes are the same: there are only so many routes. Then again with the broken function."""
    told, statements, broken = await _story()
    with mock.patch("chatgrow_bot.outbox.outbox.outgoing", _whosever):
        caught, loose, _ = await _story("{message_id}")
    figures: dict[str, Figure] = {
        "routes": told.routes,
        "foreign answers": len(told.wrong),
        "statements": statements.seen,
        "that name nobody": len(_unlisted(statements)),
        "core only": statements.allowed,
    }
    control = ""
    if caught.wrong and _unlisted(loose):
        control = (
            f"a look-up without the user: {len(caught.wrong)} foreign answers, and the statement is seen"
        )
    return Verdict(
        done=(Done(what=f"{told.calls} calls of another user", figures=figures),),
        broken=(*told.wrong[:10], *broken[:10], *_unlisted(statements)),
        control=control,
    )


async def _story(only: str = "") -> tuple[Replayed, Statements, list[str]]:
    statements, broken = Statements(), list[str]()
    with tempfile.TemporaryDirectory() as folder, statements.watched():
        async with house(Path(folder), plugins=_PLUGINS, **_TEAMS) as here:
            anna = await settle(here, "anna", "15551110001")
            bob = await settle(here, "bob", "15552220002")
            await here.person("chief", Role.ADMIN)
            bob.cookie = await _cookie(here, bob.name)
            told = await Replay(here, anna, bob).every_route(only)
            if only:
                return told, statements, broken
            broken += await _by_body(anna, bob)
            broken += await _bound(here, anna)
            broken += await _figures(here, anna)
            broken += await _unharmed(anna)
    return told, statements, broken


async def _by_body(anna: User, bob: User) -> list[str]:
    """Ids that are named in bodies, not in the path; and nobody's for comparison."""
    send, to = f"{CONNECTIONS}/{bob.shop}/send", {"to": f"+{bob.number}"}
    calls: list[tuple[str, str, Any, Any]] = [
        ("POST", send, to | {"message": {"media": {"uploadId": anna.upload_id}}},
         to | {"message": {"media": {"uploadId": "nobodys"}}}),
        ("POST", "/api/keys", {"name": "x", "connections": [anna.shop]},
         {"name": "x", "connections": ["nobodys-shop"]}),
        ("POST", TALKS, {"connectionId": anna.shop, "chat": f"+{anna.number}", "team": "sales"},
         {"connectionId": "nobodys-shop", "chat": f"+{anna.number}", "team": "sales"}),
        ("POST", WEBHOOKS, {"url": "https://bob.example/", "connections": [anna.shop]},
         {"url": "https://bob.example/", "connections": ["nobodys-shop"]}),
    ]  # fmt: skip
    calls += [
        ("POST", send, to | {"message": "x", "options": {"replyTo": each}},
         to | {"message": "x", "options": {"replyTo": "0" * 32}})
        for each in anna.ids["message_id"]
    ]  # fmt: skip
    wrong = []
    for method, path, theirs, nobodys in calls:
        got, missing = await bob.ask(method, path, json=theirs), await bob.ask(method, path, json=nobodys)
        if got.status < 400 or got.status != missing.status or anna.canary.encode() in got.raw:
            wrong.append(f"{method} {path} {theirs}: {got} and for nobody's {missing}")
    return wrong


async def _bound(here: House, anna: User) -> list[str]:
    """A key of her own for one connection tells nothing of another."""
    headers, wrong = {"Authorization": f"Bearer {anna.key}"}, []
    paths = [f"/api/whatsapp/messages/{each}" for each in anna.ids["message_id"]]
    paths += [f"/api/whatsapp/media/{each}" for each in anna.ids["message_id"]]
    paths += [CONNECTIONS, f"{CONNECTIONS}/{anna.shop}", f"{CONNECTIONS}/{anna.shop}/messages"]
    paths += ["/api/whatsapp/messages", f"/api/whatsapp/messages?q={anna.canary[:-3]}"]
    hook = f"{WEBHOOKS}/{anna.ids['endpoint_id'][0]}"
    paths += [WEBHOOKS, hook, f"{hook}/deliveries", f"{hook}/dead-letters"]
    talk = f"{TALKS}/{anna.ids['conversation_id'][0]}"
    paths += [TALKS, talk, f"{talk}/messages", "/api/whatsapp/teams", "/api/whatsapp/insight"]
    paths += [f"/api/whatsapp/stats?connection={anna.shop}", f"{CONNECTIONS}/{anna.shop}/contacts"]
    for path in paths:
        reply = await here.ask("GET", path, None, headers=headers)
        others = (each.encode() for each in anna.ids["message_id"] if each not in path)
        if anna.canary.encode() in reply.raw or any(each in reply.raw for each in others):
            wrong.append(f"a key for another connection is told by {path}: {reply}")
    return wrong


async def _figures(here: House, anna: User) -> list[str]:
    """What is told of the whole hub, to an admin, names no customer and no words."""
    wrong = []
    for path in ("/metrics", "/api/whatsapp/stats?all=true", "/api/logs/files", "/api/queue/status?all=true"):
        reply = await here.ask("GET", path, "chief")
        if reply.status != 200 or any(each.encode() in reply.raw for each in (anna.canary, anna.number)):
            wrong.append(f"{path} is no figure alone: {reply}")
    return wrong


async def _unharmed(anna: User) -> list[str]:
    """All that was hers is there still, and as it was."""
    wrong = []
    shown = await anna.ask("GET", f"{CONNECTIONS}/{anna.shop}")
    if anna.canary.encode() not in shown.raw or shown.body["paused"]:
        wrong.append(f"somebody else changed the connection: {shown}")
    webhook = await anna.ask("GET", f"{WEBHOOKS}/{anna.ids['endpoint_id'][0]}")
    if webhook.status != 200 or anna.canary not in webhook.body["description"]:
        wrong.append(f"somebody else changed the webhook endpoint: {webhook}")
    talk = (await anna.ask("GET", f"{TALKS}/{anna.ids['conversation_id'][0]}")).body
    if talk["state"] != "agent" or [each["event"] for each in talk["story"]] != _STORY:
        wrong.append(f"somebody else did something in her conversation: {talk}")
    for each in anna.ids["message_id"]:
        if (await anna.ask("GET", f"/api/whatsapp/messages/{each}")).status != 200:
            wrong.append("a message of hers is gone, or she cannot see it: nothing was tried")
    if anna.session.read or anna.session.shown or anna.session.available is not None:
        wrong.append("somebody else did something in her chats")
    return wrong


async def _cookie(here: House, name: str) -> str:
    form, headers = {"username": name, "password": PASSWORD}, {"Sec-Fetch-Site": "same-origin"}
    reply = await here.ask("POST", "/console/login", None, data=form, headers=headers, allow_redirects=False)
    return reply.headers["Set-Cookie"].partition(";")[0]


def _unlisted(statements: Statements) -> list[str]:
    return [
        f"for {route} a statement on '{table}' names nobody: {said}"
        for (route, table), said in statements.loose.items()
    ]


def _whosever(conn: Connection, tenant: str, message_id: str) -> Outgoing | None:
    """A message, whosever it is."""
    row = conn.execute(select(outbox).where(outbox.c.id == message_id)).first()
    return None if row is None else to_outgoing(row)


CHECK = Check(
    name="AC-02",
    promise="what is one user's is told to no other, by no route, and no answer says that it exists",
    kept_in="chatgrow_bot/store and the routes in plugins/",
    run=run,
)
