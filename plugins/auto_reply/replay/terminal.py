"""What came of a replay, on a terminal of 80 columns."""

from collections.abc import Iterator
from datetime import timedelta
from unicodedata import category, east_asian_width

import click

from ..listing import aligned
from .comparing import Change, Comparison
from .gathering import Findings
from .nouns import Outcome

_WIDTH = 80
#: Lines of a list; the page has the rest.
_MOST = 10
_BAR = 20
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
#: A length of time is told in the first unit of which it holds two.
_UNITS = ((2 * _DAY, _DAY, "d"), (2 * _HOUR, _HOUR, "h"), (2 * _MINUTE, _MINUTE, "min"))
_QUIET = (Outcome.ASKED_AGAIN, Outcome.HANDED_OFF, Outcome.OPTED_OUT, Outcome.REMARK)


def summary(findings: Findings, comparison: Comparison | None = None) -> Iterator[str]:
    """All of it in short."""
    yield from _head(findings)
    if comparison:
        yield from _comparison(comparison)
    yield from _fired(findings)
    yield from _asked(findings)
    yield from _collisions(findings)
    yield from _left(findings)


def span(time: timedelta | None) -> str:
    """A length of time as people say it."""
    if time is None:
        return "never"
    seconds = round(time.total_seconds())
    return next(
        (f"{seconds / size:.0f} {unit}" for least, size, unit in _UNITS if seconds >= least), f"{seconds} s"
    )


def clean(text: str, width: int = 10_000) -> str:
    """On one line of so many columns, without anything that steers a terminal."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    used = 0
    for at, char in enumerate(text):
        used += 2 if east_asian_width(char) in "WF" else category(char) not in ("Mn", "Me")
        if used > width:
            return f"{text[: max(0, at - 1)].rstrip()}…"
    return text


def quoted(text: str, width: int) -> str:
    """What somebody said, in so many columns."""
    return f'"{clean(text, width - 2)}"'


def plural(count: int, one: str, many: str = "") -> str:
    """So many of something."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def turns_told(findings: Findings) -> str:
    """How long customers waited in truth, and for how many the bot would have been there at once."""
    turns = findings.turns
    never = sum(turn.waited is None for turn in turns)
    at_once = sum(turn.is_answered for turn in turns)
    if not any(turn.waited is not None for turn in turns):
        return ""
    ignored = f", and {never:,} of {len(turns):,} times none came" if never else ""
    took = f"In truth an answer took {span(findings.waited)} (half of them took longer){ignored}."
    return f"{took} The bot would have answered {at_once:,} of {len(turns):,} at once."


def _head(findings: Findings) -> Iterator[str]:
    material = findings.material
    chats, people = plural(material.chats, "chat"), plural(findings.people, "customer")
    yield click.style(clean(material.title, _WIDTH), bold=True)
    yield f"  {len(material.lines):,} messages, {chats}, {people}, {findings.since:%F} to {findings.until:%F}"
    for note in material.notes:
        yield from _folded(note)
    if without := findings.performance.without:
        yield from _folded(f"not known, and taken as no: {', '.join(without)}")
    yield ""
    filled = round(findings.share * _BAR)
    bar = click.style("█" * filled, fg="green") + click.style("░" * (_BAR - filled), dim=True)
    so_many = f"{findings.answered:,} of {findings.counted:,} messages would be answered"
    yield f"  {bar}  {findings.share:.0%}: {so_many}"
    quiet = [f"{count:,} {kind.value}" for kind in _QUIET if (count := findings.outcomes.get(kind, 0))]
    if quiet:
        yield from _folded(f"besides: {', '.join(quiet)}")
    if told := turns_told(findings):
        yield from _folded(told)


def _comparison(comparison: Comparison) -> Iterator[str]:
    difference = comparison.after - comparison.before
    yield from _title(f"With {comparison.edited}")
    yield (
        f"  {comparison.after:,} messages answered instead of {comparison.before:,} "
        f"({difference:+,}); {comparison.same:,} as before"
    )
    for change in Change:
        its = [each for each in comparison.changed if each.change is change]
        if not its:
            continue
        colour = {Change.NEWLY: "green", Change.NO_LONGER: "red"}.get(change, "yellow")
        yield f"  {click.style(f'{comparison.times(change):,} {change.value}', fg=colour)}"
        for each in its[:_MOST]:
            how = (
                each.after
                if each.before in (each.after, Outcome.UNANSWERED)
                else f"{each.before} → {each.after}"
            )
            yield f"  {each.times:>6,}  {clean(how, _WIDTH - 10)}"
            for one, _ in each.samples[:2]:
                yield f"          {quoted(one.line.text or f'({one.line.kind})', _WIDTH - 10)}"
        if (more := len(its) - _MOST) > 0:
            yield from _more(more)


def _fired(findings: Findings) -> Iterator[str]:
    yield from _title("Rules that answer")
    most = max((each.times for each in findings.fired), default=1)
    rows = [
        (
            clean(each.rule, 28),
            f"{each.times:>6,}",
            ("█" * max(1, round(each.times / most * _BAR))).ljust(_BAR),
            f"{each.first:%F} .. {each.last:%F}",
        )
        for each in findings.fired[:_MOST]
    ]
    yield from aligned(rows) or ["  none"]
    if (more := len(findings.fired) - _MOST) > 0:
        yield from _more(more)
    if findings.silent:
        yield from _folded(f"never: {', '.join(findings.silent)}")


def _asked(findings: Findings) -> Iterator[str]:
    if not (findings.asked or findings.wordless):
        return
    yield from _title("Not answered, grouped by likeness; below, what the business said in truth")
    for each in findings.asked[:_MOST]:
        yield f"  {each.times:>6,}  {quoted(each.label, _WIDTH - 10)}"
        if each.answers:
            waited = f"{span(each.waited)}:".ljust(9)
            yield f"          {click.style(waited, dim=True)}{quoted(each.answers[0], _WIDTH - 19)}"
    if (more := len(findings.asked) - _MOST + findings.more_asked) > 0:
        yield from _more(more)
    if findings.wordless:
        files = ", ".join(f"{count:,} {kind.value}" for kind, count in findings.wordless.items())
        yield from _folded(f"without a word: {files}")


def _collisions(findings: Findings) -> Iterator[str]:
    if not findings.collisions:
        return
    yield from _title("Collisions: the first answered, and the second would have")
    for each in findings.collisions[:_MOST]:
        yield f"  {each.times:>6,}  {clean(f'{each.first} before {each.second}', _WIDTH - 10)}"
        yield f"          {quoted(each.samples[0].line.text, _WIDTH - 10)}"
    if (more := len(findings.collisions) - _MOST) > 0:
        yield from _more(more)


def _left(findings: Findings) -> Iterator[str]:
    if not findings.performance.begun:
        return
    yield from _title(f"Menus and forms: {findings.performance.begun:,} begun, given up at")
    rows = [
        (f"{each.ran_out + each.given_up:>6,}", clean(each.place, 40), _how(each.ran_out, each.given_up))
        for each in findings.left[:_MOST]
    ]
    yield from aligned(rows) or ["  none"]


def _how(ran_out: int, given_up: int) -> str:
    told = [f"{ran_out:,} fell silent"] * bool(ran_out) + [f"{given_up:,} left or gave up"] * bool(given_up)
    return ", ".join(told)


def _title(text: str) -> Iterator[str]:
    yield ""
    yield click.style(clean(text, _WIDTH), bold=True)


def _more(count: int) -> Iterator[str]:
    yield f"          ... and {count:,} more: --html FILE shows them"


def _folded(text: str) -> Iterator[str]:
    """A sentence in as many lines as it takes."""
    yield click.wrap_text(clean(text), _WIDTH, initial_indent="  ", subsequent_indent="  ")
