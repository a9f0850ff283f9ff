"""Chats that a sweep could not read whole. What came in them is on the page and told by nothing else, so they
are remembered across restarts and tried with each sweep; not for ever, for some never can be read."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

#: Sweeps that try a chat.
TRIES = 10


class Missed(msgspec.Struct, frozen=True):
    """A chat that could not be read whole: since when (Unix seconds), and how many sweeps have tried."""

    since: int
    tries: int = 0


class Unswept:
    """Those of one session, in a file of its folder."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._missed = msgspec.json.decode(file.read_bytes(), type=dict[str, Missed])
        except (OSError, msgspec.MsgspecError):  # there are none, or the disk was full
            self._missed = {}

    def with_these(self, chats: Iterable[str], start: int) -> Mapping[str, int]:
        """What a sweep is to read: these chats since that time, and those that it still owes."""
        owed = {chat: each.since for chat, each in self._missed.items() if each.tries < TRIES}
        return {chat: start for chat in chats} | {chat: min(start, since) for chat, since in owed.items()}

    def note(self, read: Mapping[str, int], failed: Iterable[str]) -> tuple[int, int]:
        """What a sweep read, each chat since its time, is in other hands; some could not be read whole. How
        many of those for the first time, and how many for the last. Blocks. Raises OSError."""
        before, first, last = dict(self._missed), 0, 0
        for chat in read:
            self._missed.pop(chat, None)
        for chat in failed:
            known = before.get(chat, Missed(read[chat]))
            self._missed[chat] = Missed(min(known.since, read[chat]), known.tries + 1)
            first += known.tries == 0
            last += known.tries + 1 == TRIES
        if self._missed != before:
            self._keep()
        return first, last

    def _keep(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.touch(mode=0o600)
        with draft.open("wb") as out:
            out.write(msgspec.json.encode(self._missed))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self._file)
