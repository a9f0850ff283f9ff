"""What the checks came to, as a table for the README: what was done to the hub, and what became of it."""

from collections.abc import Iterable, Iterator, Sequence

from .checks import Check, Verdict

#: The table's columns, each with the figure that stands in it: the first whose name begins so.
_COLUMNS = ("kills", "cuts", "lost", "doubled", "held", "to resume")


def table(tried: Sequence[tuple[Check, Verdict]]) -> str:
    """In Markdown."""
    head = ("check", "promise", *_COLUMNS)
    return "\n".join(_lines(head, (_row(check, verdict) for check, verdict in tried)))


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _row(check: Check, verdict: Verdict) -> Sequence[str]:
    promise = check.promise if verdict.holds else f"BROKEN: {check.promise}"
    return (check.name, promise, *(_figure(verdict, column) for column in _COLUMNS))


def _figure(verdict: Verdict, column: str) -> str:
    found = next((name for name in verdict.figures if name.startswith(column)), None)
    if found is None:
        return ""
    value = verdict.figures[found]
    detail = found.removeprefix(column).strip()
    said = plain(value)
    return f"{said} ({detail})" if detail else said


def plain(value: float | str) -> str:
    """A figure as people read it."""
    if isinstance(value, str):
        return value
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
