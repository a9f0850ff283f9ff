"""What chatgrow.yaml may say of pacing: the manual's own example, and nonsense with what to write instead."""

import re
from pathlib import Path

import pytest

from chatgrow_bot.config.schema import generated

from .conftest import Project

ROOT = Path(__file__).parents[3]


def test_the_example_of_the_manual_is_loaded_as_it_stands(project: Project) -> None:
    manual = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    example = re.search(r"## How fast it sends.*?```yaml\n(.*?)```", manual, re.DOTALL)
    assert example
    pacing = project.load(example[1]).settings.pacing
    assert (pacing.send.min, pacing.first_contacts.per_day, pacing.first_contacts.pause) == (40, 50, 86_400)
    assert pacing.quiet_hours is not None
    assert pacing.quiet_hours.zone == "Asia/Jerusalem"
    assert pacing.warm_up is not None
    assert pacing.warm_up.last == 500


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ('quietHours: {start: "21:00", end: "21:00"}', "start and end are both 21:00"),
        ('quietHours: {start: "08:00"}', "start and end are both 08:00"),
        ("quietHours: {zone: Mars/Olympus}", "there is no time zone 'Mars/Olympus'"),
        ('quietHours: {start: "24:30"}', "'24:30' is no time of day"),
        ("warmUp: {first: 30, last: 20}", "first (30) must not be more than last (20)"),
        ("warmUp: {first: 900}", "first (900) must not be more than last (500)"),
        ("send: {min: 50}", "max (45) must not be less than min (50)"),
        ("firstContacts: {perHour: -1}", "0"),
    ],
)
def test_nonsense_is_refused_with_what_is_wrong(project: Project, yaml: str, said: str) -> None:
    assert said in project.report(f"pacing:\n  {yaml}\n")


def test_the_manual_lists_the_keys_of_sections_that_may_be_left_out() -> None:
    manual = generated(ROOT / "config")[ROOT / "config" / "README.md"]
    for key, default in (
        ("quietHours.start", "`21:00`"),
        ("quietHours.zone", ""),
        ("warmUp.days", "`14`"),
        ("warmUp.first", "`20`"),
    ):
        assert f"| `pacing.{key}` | {default} |" in manual
    assert "`connectionDefaults.pacing.send.min`" not in manual  # told once


def test_a_connection_has_its_own_quiet_hours_over_those_of_all(project: Project) -> None:
    settings = project.load('pacing:\n  quietHours: {start: "22:00"}\n').settings
    own = settings.for_connection({"pacing": {"quietHours": {"end": "09:00"}, "send": {"min": 10}}})
    assert own.pacing is not None
    assert own.pacing.quiet_hours is not None
    assert (own.pacing.quiet_hours.start, own.pacing.quiet_hours.end) == ("22:00", "09:00")
    assert (own.pacing.send.min, own.pacing.send.max) == (10, 45)
