"""The hub as it would be without one of the measures that make it fast: a program of its own, for `worth` to
measure beside the hub as it is. `python -m tests.bench.lesser WHAT run --config ...`; what there is to leave
out is in LESSER.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import uvloop

from chatgrow_bot.accounts import known
from chatgrow_bot.cli import run
from chatgrow_bot.cli.main import main
from chatgrow_bot.outbox import lines
from chatgrow_bot.server import access, bodies
from chatgrow_bot.store import types, writer


def _no_uvloop() -> None:
    uvloop.new_event_loop = asyncio.new_event_loop  # type: ignore[assignment]


def _no_codec() -> None:
    def encode(value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":")).encode()

    slow = SimpleNamespace(json=SimpleNamespace(decode=json.loads, encode=encode), DecodeError=ValueError)
    for module in (bodies, types):
        module.msgspec = slow  # type: ignore[attr-defined]


def _no_tokens() -> None:
    known._MOST = 0


def _no_groups() -> None:
    writer.BATCH = 1


def _no_counts() -> None:
    lines.Lines.join = lambda self, delivery: None  # type: ignore[method-assign]


def _no_rest() -> None:
    run._settle_memory = lambda: None


def _every_line() -> None:
    access.Requests.__init__.__kwdefaults__ = {"most": sys.maxsize}


LESSER: dict[str, Callable[[], None]] = {
    "uvloop": _no_uvloop,
    "the JSON codec": _no_codec,
    "cached tokens": _no_tokens,
    "group commit": _no_groups,
    "counting a lane once a second": _no_counts,
    "leaving old objects alone": _no_rest,
    "few lines of requests": _every_line,
}

if __name__ == "__main__":
    LESSER[sys.argv.pop(1)]()
    main()
