"""What is shown at a door that should stay shut: bad everywhere, or good elsewhere."""

from dataclasses import dataclass

from chatgrow_bot.accounts import tokens
from chatgrow_bot.hub import Role, Scope
from chatgrow_bot.plugin import Access, Route

from .forging import forgeries
from .world import World

#: In a path, what may be another's.
IDS = ("{connection_id}", "{message_id}", "{key_id}", "{endpoint_id}")
#: A browser is sent to where one logs in.
_OUT = frozenset({401, 303})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Credentials, and the answers that refuse them."""

    kind: str
    token: str
    refused: frozenset[int]


async def bad_everywhere(here: World, every: int) -> list[Shown]:
    """Nothing, garbage, forgeries (one of so many), and what was good until it ended. There are a `boss` and
    an `owner`."""
    boss, accounts = await here.person("gone", Role.ADMIN), here.accounts
    revoked, expired = await here.token("boss"), await here.token("boss")
    await accounts.end(revoked)
    here.clock.advance(tokens.LIFETIME.total_seconds())
    disabled = await here.token("gone")
    disabled_key = await here.key("gone", frozenset(Scope))
    for token in (disabled, disabled_key):
        await accounts.verify(token)  # known, as while in use
    await accounts.change_user(boss.user_id, disabled=True)
    made, revoked_key = await accounts.keys.make(here.people["boss"], "x", scopes=frozenset(Scope))
    await accounts.verify(revoked_key)
    await accounts.keys.revoke(here.people["boss"].user_id, made.key_id)
    bad = {
        "nothing": "",
        "garbage": "garbage",
        "an expired token": expired,
        "a revoked token": revoked,
        "a revoked key": revoked_key,
        "the token of a disabled user": disabled,
        "the key of a disabled user": disabled_key,
        **dict(list((await forged(here)).items())[::every]),
    }
    return [Shown(kind=kind, token=token, refused=_OUT) for kind, token in bad.items()]


async def forged(here: World) -> dict[str, str]:
    """Forged tokens that can be sent in a header, for a boss who has a login."""
    who = await here.accounts.verify(await here.good("boss"))
    secret = here.bot.running.ground.vault.derive("tokens")
    corpus = forgeries(secret, who.user_id, who.login_id, here.clock.now())
    sent = {name: token for name, token in corpus.items() if token.isascii() and token.isprintable()}
    return {f"a forged token ({name})": token for name, token in sent.items() if len(token) < 5000}


async def good_elsewhere(here: World, route: Route) -> list[Shown]:
    """A role that is too low, a key for everything else, and somebody to whom nothing of it belongs."""
    shown = []
    if route.access is not Access.VIEWER:
        lower = "owner" if route.access is Access.ADMIN else "viewer"
        shown.append(Shown(kind="a lower role", token=await here.good(lower), refused=frozenset({403})))
    key = await here.key("boss", frozenset(Scope) - {route.scope})
    shown.append(Shown(kind="a key without the scope", token=key, refused=frozenset({403})))
    if any(each in route.path for each in IDS):
        # A page that is live has begun its answer, and says on it that there is nothing.
        nothing = frozenset({200 if route.path.endswith("/live") else 404})
        shown.append(Shown(kind="another tenant", token=await here.good("stranger"), refused=nothing))
    return shown
