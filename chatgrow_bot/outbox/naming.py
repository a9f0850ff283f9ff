"""What the log knows of a message while it is handled: its id, the request that asked for it, and the words
that no line may quote."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import astuple
from typing import Any

from ..logs import concerning
from ..store.rows import Outgoing


def named(row: Outgoing) -> AbstractContextManager[None]:
    """For the time of the block every line names the message, and none says what it says."""
    delivery = row.delivery
    return concerning(request=delivery.request_id, message=delivery.id, withhold=_words(row))


def _words(row: Outgoing) -> Iterator[str]:
    yield row.text
    if row.media:
        yield row.media.filename
    if row.payload:
        yield from _strings(astuple(row.payload))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _strings(each)
