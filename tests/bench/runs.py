"""Figures and their table. None is good or bad here: a figure stands beside its aim, and people judge."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from statistics import median

_HEAD = ("figure", "min", "median", "max", "", "n", "aim", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured, as often as it was."""

    name: str
    unit: str
    samples: Sequence[float]
    aim: str = ""  #: of the median, in words
    note: str = ""


def beside(name: str, pairs: Sequence[tuple[float, float]], aim: str = "") -> Sequence[Figure]:
    """Ours and plain sqlite3's, each a second, by turns: first how one stands to the other, which says more
    than either on a machine whose disk and neighbours are its own."""
    return [
        Figure(name=f"{name}: ratio", unit="x", samples=[ours / plain for ours, plain in pairs]),
        Figure(name=name, unit="/s", samples=[ours for ours, _ in pairs], aim=aim),
        Figure(name=f"{name}: plain sqlite3", unit="/s", samples=[plain for _, plain in pairs]),
    ]


def table(figures: Sequence[Figure]) -> str:
    """The figures, a line each, in columns: words to the left, numbers to the right."""
    return columns([_HEAD, *map(_row, figures)], {1, 2, 3, 5})


def columns(rows: Sequence[Sequence[str]], numbers: Container[int]) -> str:
    """Rows of as many cells each, one below the other; those at the places of `numbers` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    low, middle, high = (_shown(find(figure.samples)) for find in (min, median, max))
    return (figure.name, low, middle, high, figure.unit, str(len(figure.samples)), figure.aim, figure.note)


def _shown(value: float) -> str:
    """Three digits that say something, or all of a large number."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"
