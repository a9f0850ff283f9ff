"""The log files, as a process of its own writes them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from chatgrow_bot.logs import quiet

FAILS = """
import sys
from pathlib import Path

import structlog

from chatgrow_bot.logs import configure

configure(Path(sys.argv[1]))


def answer(said):
    raise ValueError


try:
    answer(" ".join(["what", "a", "customer", "wrote"]))
except ValueError:
    structlog.get_logger("chatgrow.tests").exception("it failed")
"""


def test_a_traceback_tells_the_place_and_no_values(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FAILS, tmp_path], check=True, capture_output=True)
    for name in ("error.log", "combined.log"):
        written = (tmp_path / name).read_text()
        assert "ValueError" in written
        assert '"answer"' in written
        assert "what a customer wrote" not in written
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_words_that_answer_on_the_console_tell_no_values_either(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet():
        log = structlog.get_logger("chatgrow.tests")
        log.info("not worth a word")
        try:
            answered = " ".join(["what", "a", "customer", "wrote"])
            raise ValueError(answered)
        except ValueError:
            log.exception("it failed", token=answered)
    said = capsys.readouterr().err
    assert "it failed" in said
    assert "test_logs.py" in said
    assert "what a customer wrote" not in said
    assert "worth a word" not in said


NAMES_SOMEBODY = """
import logging
import sys
from pathlib import Path

import structlog

from chatgrow_bot.errors import EngineError
from chatgrow_bot.logs import configure

configure(Path(sys.argv[1]))
said = "Message true_972541112233@c.us_3EB00123456789ABCDEF01 not found"
log = structlog.get_logger("chatgrow.tests")
log.info("message ended", message="20260801123456", chat="…233@c.us", reason=said, port=8443123)
log.warning("lost", lost=[said], error=EngineError(said))
logging.getLogger("asyncio").error("Task exception was never retrieved: %s", said)
try:
    raise EngineError(said)
except EngineError:
    log.exception("it failed")
"""


def test_no_line_tells_a_number_that_somebody_elses_words_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NAMES_SOMEBODY, str(tmp_path)]
    console = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    for written in (console, (tmp_path / "combined.log").read_text(), (tmp_path / "error.log").read_text()):
        assert "it failed" in written
        assert "972541112233" not in written
        assert "true_…233@c.us_3EB00123456789ABCDEF01 not found" in written
    first, second, *_, last = map(json.loads, (tmp_path / "combined.log").read_text().splitlines())
    assert (first["message"], first["port"]) == ("20260801123456", 8443123)
    assert second["lost"] == ["Message true_…233@c.us_3EB00123456789ABCDEF01 not found"]
    assert last["exception"][0]["exc_value"].startswith("Message true_…233@c.us")
