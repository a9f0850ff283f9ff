"""Hands a chat to people."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatgrow_bot.config import Position
from chatgrow_bot.responses import HandOff
from chatgrow_bot.safety.templates import Template

from ..actions import Doing, Done, Filling
from ..conditions.base import Place

#: Characters that are kept of the note for a team, and of what made it.
_NOTE = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Hand the chat to a team of people."""

    place: Place
    team: str
    named_at: Position  #: where the team's name stands
    note: Template | None = None
    language: str = ""  #: of the file, if it has one

    @property
    def templates(self) -> Sequence[Template]:
        """That of the note."""
        return [self.note] if self.note else []

    def fill(self, filling: Filling) -> Sequence[Done]:
        """The deed."""
        note = self.note.render(filling.values, locale=filling.locale).strip() if self.note else ""
        given = HandOff(
            team=self.team, note=note[:_NOTE], language=self.language, because=filling.because[:_NOTE]
        )
        return [Doing(deed=given)]
