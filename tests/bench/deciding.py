"""Rules: how many messages a second are decided, and how long one of a hundred takes at worst, by 10, 100 and
1,000 of them; beside a plain loop over `re` by the same phrases on the same messages in the same run; and how
long it takes to read the files of 500 again.

Only the decision, in this process: what a message costs besides (the inbox, the reply) is in `latency`. The
loop folds nothing and writes no trace; who would do without the plugin might write it so.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from chatgrow_bot.messages import Inbound
from chatgrow_bot.responses import Customer

from .product import part
from .rules_made import Made, messages, rules, write
from .runs import Figure

_RULES = (10, 100, 1_000)
_MESSAGES = 2_000
_RELOADED = 500
_NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


async def measure(runs: int) -> Sequence[Figure]:
    """Decisions a second and the slowest, by number of rules; and the reload."""
    return await asyncio.to_thread(_measured, runs)


def _measured(runs: int) -> Sequence[Figure]:
    texts = messages(_MESSAGES)
    figures: list[Figure] = []
    for count in _RULES:
        made = rules(count)
        ours, plain = _ours(made), _plain(made)
        pairs = [(_times(ours, texts), _times(plain, texts)) for _ in range(runs)]
        figures += _figures(count, pairs)
    return [*figures, *_reloads(runs)]


def _figures(count: int, pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Sequence[Figure]:
    name = f"decisions by {count:,} rules"
    largest = count == max(_RULES)
    return [
        Figure(
            name=f"{name}: ratio",
            unit="x",
            samples=[sum(plain) / sum(ours) for ours, plain in pairs],
            aim="5 x" if largest else "",
        ),
        Figure(name=name, unit="/s", samples=[len(ours) / sum(ours) for ours, _ in pairs]),
        Figure(name=f"{name}: plain loop over re", unit="/s", samples=[len(p) / sum(p) for _, p in pairs]),
        Figure(
            name=f"{name}, p99",
            unit="ms",
            samples=[_p99(ours) for ours, _ in pairs],
            aim="1 ms" if largest else "",
        ),
        Figure(name=f"{name}, p99: plain loop over re", unit="ms", samples=[_p99(p) for _, p in pairs]),
    ]


def _p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100)[98] * 1_000


def _times(decide: Callable[[str], object], texts: Sequence[str]) -> Sequence[float]:
    """Seconds of each."""
    times: list[float] = []
    for text in texts:
        began = time.perf_counter()
        decide(text)
        times.append(time.perf_counter() - began)
    return times


def _ours(made: Sequence[Made]) -> Callable[[str], object]:
    """As the plugin decides, trace included."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        write(made, Path(folder))
        book = part("auto_reply.loading").load_folder(Path(folder))
    if book.problems or len(book.rules) != len(made):
        raise RuntimeError(f"the made-up rules are wrong: {book.problems[:3]}")
    decide, trace_of = part("auto_reply.rules").decide, part("auto_reply.tracing").trace_of
    facts = part("auto_reply.conditions").Facts(now=_NOW, customer=Customer(chat=_inbound("").chat))
    decide(book, _inbound("warm"), facts)

    def decided(text: str) -> object:
        decision = decide(book, _inbound(text), facts)
        return trace_of(book, decision)

    return decided


def _plain(made: Sequence[Made]) -> Callable[[str], object]:
    """The first rule whose expression finds something, each compiled beforehand, case ignored."""
    expressions = [_expressions(rule) for rule in made]

    def decided(text: str) -> object:
        for number, wanted in enumerate(expressions):
            if all(expression.search(text) for expression in wanted):
                return number
        return None

    return decided


def _expressions(rule: Made) -> Sequence[re.Pattern[str]]:
    if rule.kind == "pattern":
        return [re.compile(text, re.IGNORECASE) for text in rule.texts]
    if rule.kind == "all":
        return [re.compile(rf"\b{re.escape(text)}\b", re.IGNORECASE) for text in rule.texts]
    any_of = "|".join(map(re.escape, rule.texts))
    before, after = {"exact": (r"^\W*", r"\W*$"), "starts": (r"^\W*", r"\b")}.get(rule.kind, (r"\b", r"\b"))
    return [re.compile(f"{before}(?:{any_of}){after}", re.IGNORECASE)]


def _reloads(runs: int) -> Sequence[Figure]:
    loading = part("auto_reply.loading")
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        write(rules(_RELOADED), Path(folder))
        seconds: list[float] = []
        before: Any = None
        for _ in range(runs):
            began = time.perf_counter()
            before = loading.load_folder(Path(folder), before=before)
            _ = before.index
            seconds.append(time.perf_counter() - began)
    return [Figure(name=f"reload of {_RELOADED} rules", unit="s", samples=seconds, aim="1 s")]


def _inbound(text: str) -> Inbound:
    return Inbound(
        id="m1",
        tenant="shop",
        connection_id="c1",
        chat="972541112233@c.us",
        wa_id="w1",
        text=text,
        sent_at=_NOW,
        received_at=_NOW,
    )
