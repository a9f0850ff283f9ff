"""What the checks came to, as a table: Markdown, and as wide as a terminal. One line for whatever was done to
the hub, and what became of its messages."""

from collections.abc import Iterator, Sequence

from .checks import Check, Done, Figure, Verdict

#: The figures that have a column of their own.
FIGURES = ("lost", "doubled", "held", "to resume")
HEAD = ("check", "what was done", *FIGURES, "control")
#: What the columns mean.
LEGEND = """\
lost: accepted, and neither sent nor held. doubled: seen twice by a customer. held: a person is to
decide. to resume: in 19 of 20 cases. control: a hub that is broken on purpose must be caught.
no dedup: with a WhatsApp that takes the same message id twice (`resend` may double there)."""


def table(tried: Sequence[tuple[Check, Verdict]]) -> str:
    """In Markdown."""
    rows = [row for check, verdict in tried for row in _rows(check, verdict)]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    lines = (HEAD, ["-" * width for width in widths], *rows)
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def _rows(check: Check, verdict: Verdict) -> Iterator[Sequence[str]]:
    name = check.name if verdict.holds else f"{check.name} FAILED"
    control = {None: "", "": "NOT CAUGHT"}.get(verdict.control, "caught")
    for done in verdict.done:
        yield (name, done.what, *_figures(done), control)
        name = control = ""  # said once


def _figures(done: Done) -> Iterator[str]:
    for column in FIGURES:
        yield plain(done.figures.get(column, ""))


def plain(value: Figure) -> str:
    """A figure as people read it."""
    if isinstance(value, str):
        return value
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
