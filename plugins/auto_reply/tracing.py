"""How a decision came about, in lines for people. The core keeps a book's standing lines once, and of each
message only what differs from them."""

from collections.abc import Mapping
from functools import lru_cache

from chatgrow_bot.responses import Page, Trace

from .book import Book, Decision, Tried

#: Books whose pages are remembered: the one in force, and one that is on its way out.
_BOOKS = 4
#: Characters of a line: the core keeps no longer ones.
_LONGEST = 1_000
#: Of a message that was awaited.
_OPEN = Page(("a dialogue is open",))


@lru_cache(_BOOKS)
def page_of(book: Book) -> Page:
    """What is said of each rule that holds for no message, most of the time: that its words are not there, or
    that what it asks first is not so."""
    wide = widths(book)
    return Page(
        tuple(line(Tried(rule=rule, failed=rule.key or rule.conditions[0]), wide) for rule in book.rules)
    )


@lru_cache(_BOOKS)
def widths(book: Book) -> tuple[int, int]:
    """How wide the columns of a book's lines are."""
    rows = [(len(rule.id), len(str(rule.place))) for rule in book.rules]
    return max((row[0] for row in rows), default=0), max((row[1] for row in rows), default=0)


def line(tried: Tried, wide: tuple[int, int] = (0, 0)) -> str:
    """One rule, and what came of it."""
    mark = "✓" if tried.answers else "✗"
    return f"{mark} {tried.rule.id:<{wide[0]}}  {tried.place!s:<{wide[1]}}  {tried.result}"[:_LONGEST]


@lru_cache(_BOOKS)
def _page_behind(book: Book) -> Page:
    """The same behind a line on the dialogue that was open."""
    return Page((_OPEN.lines[0], *page_of(book).lines))


def trace_of(book: Book, decision: Decision, failed: Mapping[str, str] | None = None) -> Trace:
    """What the core keeps of a decision, and of what failed of it, by rule id."""
    wide, failed = widths(book), failed or {}
    marks = {
        number: f"{line(tried, wide)}{failed.get(tried.rule.id, '')}"[:_LONGEST]
        for number, tried in decision.tried
    }
    step = decision.step
    if step is None:
        interesting = any(tried.answers or tried.error or not tried.failed for _, tried in decision.tried)
        return Trace(page=page_of(book), asked=decision.asked, marks=marks, is_dull=not interesting)
    told = f"{step}{failed.get(step.source.id, '')}"[:_LONGEST]
    if not step.is_lost:
        return Trace(page=_OPEN, asked=1, marks={0: told}, is_dull=False)
    behind = {number + 1: mark for number, mark in marks.items()}
    return Trace(page=_page_behind(book), asked=decision.asked + 1, marks={0: told, **behind}, is_dull=False)
