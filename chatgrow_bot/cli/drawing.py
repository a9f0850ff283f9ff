"""How answers look to people: tables, moments, counts. What strangers wrote cannot steer the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import click

from ..clock import SystemClock

_COLOURS: Mapping[str, str] = {
    **dict.fromkeys(("online", "sent", "delivered", "read", "completed", "ok", "running"), "green"),
    **dict.fromkeys(("failed", "banned", "rejected", "expired", "failing", "logged_out"), "red"),
    **dict.fromkeys(("paused", "waiting", "qr", "pairing_code", "quarantined", "unknown"), "yellow"),
}


def safe(text: object) -> str:
    """On one line, without anything that steers a terminal."""
    return "".join(char if char.isprintable() else " " for char in str(text))


def state(word: str) -> str:
    """A state, in its colour."""
    return click.style(safe(word), fg=_COLOURS.get(word))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as they must be; numbers to the right. A cell that is a state has its colour."""
    whole = [["" if cell is None else cell for cell in row] for row in rows]
    cells = [[safe(cell) for cell in row] for row in whole]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    right = [
        bool(whole) and all(isinstance(row[at], int | float) for row in whole) for at in range(len(heads))
    ]

    def placed(row: Sequence[str]) -> Iterable[str]:
        for cell, width, is_right in zip(row, widths, right, strict=True):
            yield cell.rjust(width) if is_right else cell.ljust(width)

    click.echo("  ".join(click.style(head, bold=True) for head in placed(heads)).rstrip())
    for row in cells:
        drawn = (
            click.style(text, fg=_COLOURS.get(cell)) for cell, text in zip(row, placed(row), strict=True)
        )
        click.echo("  ".join(drawn).rstrip())


def moment(at: datetime | None) -> str:
    """A time, short."""
    return f"{at:%F %H:%M:%S} UTC" if at else ""


def ahead(at: datetime | None) -> str:
    """How long from now, and when."""
    if at is None:
        return ""
    left = at - SystemClock().now()
    return "now" if left < timedelta(seconds=1) else f"in {span(left.total_seconds())} ({moment(at)})"


def since(at: datetime | None) -> str:
    """From when on, which may be to come."""
    if at is None:
        return ""
    past = (SystemClock().now() - at).total_seconds()
    return f"{'since' if past >= 0 else 'from'} {moment(at)}"


def span(seconds: float) -> str:
    """A length of time, in its two largest units."""
    whole = round(seconds)
    units = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, unit in units:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or f"{seconds:.1f} s"


def counts(by_state: Mapping[str, int]) -> str:
    """How many are in which state."""
    return ", ".join(f"{count:,} {state(name)}" for name, count in by_state.items() if count) or "none"
