"""What `chatgrow check` says of the rule files: what a start would leave out, tests that fail, and what is
worth a look."""

from pathlib import Path

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.config import Problem, render
from chatgrow_bot.plugin import Report

from .dialogues.checks import handed_astray
from .examination import examined
from .loading import Setting, load_folder
from .rehearsal import rehearse


def checked(folder: Path, setting: Setting) -> Report:
    """The report on a folder."""
    book = load_folder(folder, setting)
    now = SystemClock().now().astimezone(setting.zone)
    failed = [
        Problem(done.place.position, f'the test "{done.example.shown}" fails: {done.failure}')
        for done in rehearse(book, now)
        if done.failure
    ]
    return Report(
        wrong=render([*book.problems, *failed]),
        worth=render(examined(book.rules)),
        of_teams=lambda teams: render([each for rule in book.rules for each in handed_astray(rule, teams)]),
    )
