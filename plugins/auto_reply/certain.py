"""Whether what a rule does can come to nothing: then the message is left to the rules behind it."""

from collections.abc import Mapping

from chatgrow_bot.errors import BadInput
from chatgrow_bot.safety.templates import Template

from .actions import Action, GoTo, Say
from .book import Rule
from .dialogues.asking import Asks


class _Blank(dict[str, object]):
    """Fields of a customer, none of which says anything."""

    def get(self, name: str, default: object = None) -> object:
        """Nothing but a space: no filter can tell a day or a number by it."""
        return " "


#: The least that a message fills in. What it says itself, and what patterns find in it, may be as long as a
#: message, and more than a reply may be: it is not among these.
_LEAST: Mapping[str, object] = {
    "name": " ",
    "phone": " ",
    "tags": " ",
    "time": "12:00",
    "date": "2026-03-05",
    "opens": None,
    "closes": None,
    "field": _Blank(),
}


def surely_acts(rule: Rule) -> bool:
    """Whether a rule that holds does what it says, whatever the message; False where that cannot be told.
    Where a `goto` leads is not looked at."""
    ways = (rule.actions, rule.otherwise) if rule.exception else (rule.actions,)
    return all(way and all(map(_is_sure, way)) for way in ways)


def _is_sure(action: Action) -> bool:
    if isinstance(action, GoTo):
        return False
    needs_words = isinstance(action, Asks) or (
        isinstance(action, Say) and not action.file and not action.payload
    )
    return all(_is_written(template, needs_words=needs_words) for template in action.templates)


def _is_written(template: Template, *, needs_words: bool) -> bool:
    """Whether the least that is filled in makes a text of it, and one with words if it must have some."""
    if any(name.partition(".")[0] not in _LEAST for name in template.fields):
        return False
    try:
        written = template.render(_LEAST)
    except BadInput:
        return False
    return bool(written.strip()) or not needs_words
