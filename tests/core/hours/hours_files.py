"""Business hours of rule files, for tests."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from chatgrow_bot.config import Section, check, render, survey
from chatgrow_bot.hours import HoursEntry

JERUSALEM = ZoneInfo("Asia/Jerusalem")


class File(Section):
    hours: HoursEntry


def read(tmp_path: Path, text: str) -> tuple[File | None, str]:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    checked, problems = check(File, survey(file))
    return checked, render(problems)


def at(text: str, zone: ZoneInfo = JERUSALEM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)
