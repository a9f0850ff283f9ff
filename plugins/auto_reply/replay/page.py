"""What came of a replay as one page: it loads nothing from anywhere and runs no script, so it can be kept,
handed on and opened anywhere. What customers wrote is text on it, whatever it says."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .comparing import Change, Comparison
from .gathering import Findings
from .nouns import Outcome
from .plots import by_day, by_hour, by_wait
from .terminal import plural, span, turns_told

#: Rows of a list that are shown at once; the others unfold.
_MOST = 15
_QUIET = (Outcome.ASKED_AGAIN, Outcome.HANDED_OFF, Outcome.OPTED_OUT, Outcome.REMARK)


def page_of(findings: Findings, comparison: Comparison | None = None) -> str:
    """The whole page."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["span"] = span
    days, unit = by_day(findings)
    return templates.get_template("page.html").render(
        findings=findings,
        material=findings.material,
        comparison=comparison,
        changes=list(Change),
        days=days,
        unit=unit,
        hours=by_hour(findings),
        waits=by_wait(findings.turns),
        waited=turns_told(findings),
        quiet=[(kind.value, count) for kind in _QUIET if (count := findings.outcomes.get(kind, 0))],
        plural=plural,
        most=_MOST,
        most_fired=max((each.times for each in findings.fired), default=1),
    )
