"""AC-05: nobody brings in a message from outside without a key, and nobody brings one in twice. Over real
HTTP: what the standard's own library signs, what is forged in every way we know, thousands of random changes,
and a hundred repeats at once.

The controls are a hub that verifies what it has read instead of what came, one that compares only how a
signature begins, and one that forgets which ids were used.
"""

import asyncio
import hmac
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

from chatgrow_bot.hub import Signer
from chatgrow_bot.messages import Inbound
from chatgrow_bot.signatures import Signature, sign
from chatgrow_bot.webhook_keys import WebhookKeys

from .checks import Check, Done, Figure, Size, Verdict
from .inbound.forging import VECTOR, VECTOR_BODY, Sent, forgeries, mutated, signed, words
from .inbound.hub import Outside, outside


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is tried."""

    mutations: int
    replays: int  #: times that a hundred come at once
    guesses: int  #: that are timed


_PLANS = {
    Size.FULL: Plan(mutations=10_000, replays=20, guesses=500),
    Size.SLICE: Plan(mutations=100, replays=1, guesses=10),
}
_CONTROL = Plan(mutations=100, replays=1, guesses=0)
_AT_ONCE = 100
#: Milliseconds by which a guess at a connection that is there may differ from one at nothing.
_TELLS = 1.0


async def run(size: Size) -> Verdict:
    """The whole story on the hub as it is, and a part of it on three that are broken."""
    plan = _PLANS[size]
    broken, figures, differs = await _story(plan)
    late = [f"a guess takes {differs:.2f} ms longer or shorter where there is a connection"]
    caught = {name: await _caught(name) for name in _BROKEN}
    blind = [name for name, said in caught.items() if not said]
    control = "" if blind else "; ".join(f"{name}: {said}" for name, said in caught.items())
    what = f"{plan.mutations:,} mutations, {plan.replays} x {_AT_ONCE} replays at once"
    return Verdict(
        done=(Done(what=what, figures=figures),),
        broken=tuple(broken),
        late=tuple(late) if differs > _TELLS else (),
        control=control,
    )


async def _story(plan: Plan) -> tuple[Sequence[str], dict[str, Figure], float]:
    with tempfile.TemporaryDirectory(prefix="chatgrow-webhook-") as folder:
        async with outside(Path(folder)) as hub:
            broken = [each async for each in _let_in(hub)]
            accepted = await hub.stored()
            broken += [each async for each in _kept_out(hub, plan.mutations)]
            broken += [each async for each in _replayed(hub, plan.replays)]
            differs = await _guessed(hub, plan.guesses)
            statuses = hub.statuses
            if over := sum(count for status, count in statuses.items() if status >= 500):
                broken.append(f"{over} answers of 5xx")
    figures: dict[str, Figure] = {
        "rightly signed": accepted,
        "refused": statuses[401],
        "repeats": statuses[200],
        "answers of 5xx": over,
        "a guess differs by ms": round(differs, 2),
    }
    return broken, figures, differs


async def _let_in(hub: Outside) -> AsyncIterator[str]:
    """What is rightly signed comes in."""
    second = await hub.add_key("shop")
    await hub.add_vector_key("shop")
    # its body is no message: being told so, and not turned away, is how one knows that it was verified
    status, _ = await hub.post(Sent("shop", VECTOR, VECTOR_BODY))
    if status != 422:
        yield f"the standard's vector was answered by {status}"
    for number, message in enumerate(("hello", "שלום 👋🏽", "a\\u0000b \\ud83d", "x" * 10_000)):
        for key in (hub.keys["shop"], second):
            for ahead in (-300, 0, 300):
                body = words(hub.now, message, compact=bool(number % 2))
                sent = signed(key, hub.now, f"msg_{number}_{ahead}_{key[-5:]}", body, ahead=ahead)
                if (status := (await hub.post(sent))[0]) != 202:
                    yield f"a rightly signed message was answered by {status}"
    one, other = (
        signed(key, hub.now, "msg_two", words(hub.now, "hi")) for key in (hub.keys["other"], second)
    )
    both = f"{one.headers['webhook-signature']} {other.headers['webhook-signature']}"
    if (await hub.post(other.but(signature=both)))[0] != 202:
        yield "two signatures, one of them good, were turned away"


async def _kept_out(hub: Outside, mutations: int) -> AsyncIterator[str]:
    """What is forged, or changed on its way, does not; and the answer is always the same."""
    before, said = await hub.stored(), set()
    for name, sent in forgeries(hub.keys, hub.now):
        status, body = await hub.post(sent)
        said.add(json.dumps({**body, "requestId": ""}, sort_keys=True))
        if status != 401:
            yield f"{name} was answered by {status}"
    if len(said) > 1:
        yield f"there are {len(said)} different answers to what is forged"
    random = Random(5)
    goods = [
        signed(hub.keys["shop"], hub.now, f"msg_m{n}", words(hub.now, f"👍 {n}", compact=n % 2 == 0))
        for n in range(20)
    ]
    changed = [mutated(random, random.choice(goods)) for _ in range(mutations)]
    statuses = await hub.post_all(changed, _AT_ONCE)
    if let_in := sum(status < 300 for status in statuses):
        yield f"{let_in} of {mutations} mutations came in"
    if (more := await hub.stored() - before) > 0:
        yield f"{more} forged messages are stored"


async def _replayed(hub: Outside, rounds: int) -> AsyncIterator[str]:
    for number in range(rounds):
        before = await hub.stored()
        sent = signed(hub.keys["shop"], hub.now, f"msg_r{number}", words(hub.now, f"round {number}"))
        answers = await asyncio.gather(*(hub.post(sent) for _ in range(_AT_ONCE)))
        if any(status not in (200, 202) for status, _ in answers):
            yield "a repeat was not answered by 2xx"
        if len({str(body.get("messageId")) for _, body in answers}) != 1:
            yield "repeats were answered with different messages"
        if (effects := await hub.stored() - before) != 1:
            yield f"{_AT_ONCE} repeats at once had {effects} effects"


async def _guessed(hub: Outside, guesses: int) -> float:
    """By how many milliseconds a wrong signature on a connection differs from one on nothing: the quick ones,
    for the slow ones tell of what else the machine does."""
    took: dict[str, list[float]] = {"shop": [], "nowhere": []}
    wrong = signed("whsec_" + "A" * 44, hub.now, "msg_guess", words(hub.now, "hello"))
    for _ in range(guesses):
        for name, times in took.items():
            began = time.perf_counter()
            await hub.post(Sent(name, wrong.headers, wrong.body))
            times.append(1000 * (time.perf_counter() - began))
    if not guesses:
        return 0.0
    quick = [statistics.quantiles(times, n=10)[0] for times in took.values()]
    return abs(quick[0] - quick[1])


class _Rereads(Signature):
    """Is verified over what was read of the body, written again."""

    def is_of(self, key: bytes, body: bytes) -> bool:
        return super().is_of(key, json.dumps(json.loads(body), separators=(",", ":")).encode())


class _Prefix(Signature):
    """Is compared as far as it goes."""

    def is_of(self, key: bytes, body: bytes) -> bool:
        expected = sign(key, self.id, self.timestamp, body)
        given = [each for each in self.signatures.split(" ") if len(each) > 3]
        return any(hmac.compare_digest(expected[: len(each)], each) for each in given)


class _Broken(WebhookKeys):
    """Verifies in another way."""

    way: type[Signature]

    async def verify(self, connection_id: str, signature: Signature, body: bytes) -> Signer:
        told = {name: getattr(signature, name) for name in ("id", "timestamp", "signatures")}
        return await super().verify(connection_id, self.way(**told), body)


def _forgetful(conn: object, message: Inbound, use: object) -> str:
    return message.id


#: What is said of something that had an effect and should not: turning away what is good proves little.
_LET_IN = ("answered by 202", "came in", "effects")
_BROKEN = ("verifies what it read", "compares the beginning", "forgets ids")


@contextmanager
def _broken(name: str) -> Iterator[None]:
    if name == "forgets ids":
        with patch("chatgrow_bot.inbox.intake._first_under", _forgetful):
            yield
        return
    way = _Rereads if name == "verifies what it read" else _Prefix
    with patch("chatgrow_bot.app.WebhookKeys", type("Broken", (_Broken,), {"way": way})):
        yield


async def _caught(name: str) -> str:
    with _broken(name):
        broken, _, _ = await _story(_CONTROL)
    return next((each for each in broken if any(said in each for said in _LET_IN)), "")


CHECK = Check(
    name="AC-05",
    promise="Nobody brings in a message from outside without a key, and a hundred repeats have one effect",
    kept_in="chatgrow_bot/signatures.py, webhook_keys.py and inbox/intake.py",
    run=run,
)
