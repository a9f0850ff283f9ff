"""The log files, as a process of its own writes them."""

import subprocess
import sys
from pathlib import Path

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
