import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chatgrow_bot.errors import ConfigError, HeldByAnother
from chatgrow_bot.store.folder import FolderLock

ROOT = Path(__file__).parents[3]
#: Starts a program of its own, which must not keep the lock.
HOLDING = """
import subprocess, sys
from pathlib import Path
from chatgrow_bot.errors import HeldByAnother
from chatgrow_bot.store.folder import FolderLock
try:
    with FolderLock(Path(sys.argv[1])):
        child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, close_fds=False)
        print("held", child.pid, flush=True)
        sys.stdin.read()
except HeldByAnother as error:
    print("refused", error.facts["pid"], flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_of_five_processes_in_one_folder_one_works_and_its_death_frees_it(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    processes = [start(folder) for _ in range(5)]
    said = [str(p.stdout and p.stdout.readline()).split() for p in processes]
    try:
        owner = next(p for p, words in zip(processes, said, strict=True) if words[0] == "held")
        child = next(int(words[1]) for words in said if words[0] == "held")
        assert sorted(words[0] for words in said) == ["held"] + ["refused"] * 4
        with pytest.raises(HeldByAnother, match=f"in use by process {owner.pid}"), FolderLock(folder):
            pass
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        with FolderLock(folder):
            pass
    finally:
        for process in processes:
            process.kill()
            process.communicate()
        subprocess.run(["kill", str(child)], check=True)


def test_the_folder_is_this_users_alone_and_can_be_entered_again(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir(mode=0o755)
    for _ in range(2):
        with FolderLock(folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert stat.S_IMODE((folder / "chatgrow.lock").stat().st_mode) == 0o600
            with pytest.raises(HeldByAnother), FolderLock(folder):
                pass


def test_where_nothing_can_be_kept_it_says_so_with_the_cause(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("a file stands where the folder belongs")
    refused = pytest.raises(ConfigError, match=r"Nothing can be kept in .*/sessions: File exists")
    with refused, FolderLock(tmp_path / "sessions"):
        pass
