"""Rules, traces and tests as lines for people, in columns."""

from collections.abc import Iterable, Sequence

from chatgrow_bot.config import render

from .book import Book, Rule
from .rehearsal import Rehearsed


def rules_listed(rules: Sequence[Rule]) -> str:
    """Each rule with its place and limit, in the order in which they are asked."""
    if not rules:
        return "There are no rules."
    rows = [(rule.id, str(rule.place), rule.limit.words if rule.limit else "") for rule in rules]
    return "\n".join(["Asked in this order:", *aligned(rows)])


def problems_listed(book: Book, *, whole: bool) -> str:
    """What keeps rules out: the whole report, or the places only, for who may not see everyone's rules."""
    if not book.problems:
        return ""
    places = ", ".join(dict.fromkeys(str(problem.position) for problem in book.problems))
    return render(book.problems) if whole else f"Left out for what is wrong at {places}."


def rehearsed_listed(results: Sequence[Rehearsed]) -> str:
    """Each test and, where it failed, why."""
    rows = [
        (
            "✗" if done.failure else "✓",
            str(done.example.place),
            done.example.expect,
            f'"{done.example.shown}"',
        )
        for done in results
    ]
    lines: list[str] = []
    for row, done in zip(aligned(rows), results, strict=True):
        lines += [row, f"      {done.failure}"] if done.failure else [row]
    failed = sum(bool(done.failure) for done in results)
    return "\n".join([*lines, f"{len(results) - failed} passed, {failed} failed"])


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns as wide as they must be; the last, which may be long or run from right to left, as it is."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1:] = [0] if widths else []
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
