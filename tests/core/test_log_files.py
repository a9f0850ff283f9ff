"""Log files: rotated by themselves, by others, by several at once; on a disk that is full."""

import fcntl
import json
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatgrow_bot.logs import LogFile, open_files, rotate
from chatgrow_bot.logs.files import rotated
from chatgrow_bot.logs.reading import Follower, Wanted, last, parsed

WRITES = """
import logging, sys
from pathlib import Path
from chatgrow_bot.logs import LogFile

file = LogFile(Path(sys.argv[1]), size=int(sys.argv[2]), keep=1000)
for number in range(int(sys.argv[3])):
    file.emit(logging.makeLogRecord({"msg": '{"n": %d, "by": "%s"}' % (number, sys.argv[4])}))
assert not file.failures
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LogFile]:
    file = LogFile(tmp_path / "combined.log", size=1_000, keep=3)
    yield file
    file.close()


def write(file: LogFile, words: str) -> None:
    file.handle(logging.makeLogRecord({"msg": words}))


def numbers(path: Path, by: str = "") -> list[int]:
    found: list[int] = []
    for each in (*reversed(list(rotated(path))), *([path] if path.exists() else [])):
        for line in each.read_bytes().splitlines():
            if (data := parsed(line)) and data.get("by", "") == by:
                found.append(data["n"])
    return found


def writer(path: Path, size: int, count: int, by: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITES, str(path), str(size), str(count), by])


def test_a_file_is_rotated_by_its_size_and_all_of_them_are_only_its_owners(file: LogFile) -> None:
    for number in range(500):
        write(file, json.dumps({"n": number}))
    files = [file.path, *rotated(file.path)]
    assert [each.name for each in files] == ["combined.log", *(f"combined.log.{n}" for n in (1, 2, 3))]
    assert all(each.stat().st_size <= 1_000 for each in files)
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
    assert numbers(file.path)[-1] == 499
    assert numbers(file.path) == list(range(numbers(file.path)[0], 500))


def test_a_file_that_others_could_read_is_its_owners_alone_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    path.touch(mode=0o644)
    path.chmod(0o644)
    file = LogFile(path, size=1_000, keep=3)
    write(file, "x")
    file.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_line_is_lost_while_another_process_writes_and_this_one_rotates(tmp_path: Path) -> None:
    path, count, rotations = tmp_path / "combined.log", 20_000, 0
    process = writer(path, 1 << 20, count, "other")
    while process.poll() is None:
        rotations += rotate(path, 1000) if path.exists() else 0
        time.sleep(0.002)
    assert process.returncode == 0
    assert numbers(path, "other") == list(range(count))
    assert rotations > 3


def test_nor_while_two_that_write_rotate_for_themselves(tmp_path: Path) -> None:
    path, count = tmp_path / "combined.log", 4_000
    processes = [writer(path, 20_000, count, by) for by in ("one", "two")]
    assert [each.wait() for each in processes] == [0, 0]
    for by in ("one", "two"):
        assert sorted(numbers(path, by)) == list(range(count))


def test_the_next_line_goes_into_the_file_that_somebody_else_began(file: LogFile) -> None:
    other = LogFile(file.path, size=1_000, keep=3)
    write(file, '{"n": 1}')
    rotate(file.path, 3)
    write(other, '{"n": 2}')
    write(file, '{"n": 3}')
    other.close()
    assert file.path.read_text() == '{"n": 2}\n{"n": 3}\n'


def test_nobody_waits_for_who_rotates_and_two_never_do_at_once(file: LogFile) -> None:
    write(file, "x" * 900)
    folder = os.open(file.path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    write(file, "y" * 200)
    assert list(rotated(file.path)) == []
    os.close(folder)
    write(file, "z" * 200)
    assert len(list(rotated(file.path))) == 1
    assert not file.failures


def test_a_file_that_was_removed_is_begun_anew(file: LogFile) -> None:
    write(file, '{"n": 1}')
    file.path.unlink()
    write(file, '{"n": 2}')
    assert numbers(file.path) == [2]


def test_a_full_disk_stops_nobody_is_counted_and_passes(file: LogFile) -> None:
    write(file, '{"n": 1}')
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))  # the kernel writes so far and no further
    try:
        write(file, '{"n": 2, "words": "of which half is written"}')
        write(file, '{"n": 3}')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    state = file.state()
    assert (state.failing, state.failures, state.is_well) == (True, 2, False)
    assert state.reason
    write(file, '{"n": 4}')
    state = file.state()
    assert (state.failing, state.failures, state.is_well) == (False, 2, True)
    assert numbers(file.path) == [1, 4], "half a line must not spoil the next one"


def test_what_cannot_be_made_words_of_is_counted_and_raises_nothing(file: LogFile) -> None:
    file.handle(logging.makeLogRecord({"msg": "%d", "args": ("no number",)}))
    assert file.failures == 1
    write(file, "half a pair \ud800")
    assert file.failures == 1


def test_a_folder_that_is_gone_is_no_health(file: LogFile) -> None:
    write(file, "x")
    file.path.unlink()
    file.path.parent.rmdir()
    write(file, "y")
    assert not file.state().is_well
    file.path.parent.mkdir()
    write(file, "z")
    assert file.state().is_well


def test_open_files_are_known_until_they_are_closed(file: LogFile) -> None:
    assert file in open_files()
    file.close()
    assert file not in open_files()


def test_the_last_lines_are_found_across_rotated_files(file: LogFile) -> None:
    for number in range(100):
        write(file, json.dumps({"n": number, "level": "error" if number % 10 == 0 else "info"}))
    assert len(list(rotated(file.path))) > 1
    assert [each["n"] for each in last(file.path, 60, Wanted())] == list(range(40, 100))
    errors = last(file.path, 4, Wanted(level="error"))
    assert [each["n"] for each in errors] == [60, 70, 80, 90]


def test_who_follows_misses_no_line_when_the_file_is_rotated_twice_between_two_looks(file: LogFile) -> None:
    write(file, '{"n": 0}')
    follower = Follower(file.path)
    for number in range(1, 60):  # the file is rotated twice meanwhile
        write(file, json.dumps({"n": number, "x": "x" * 20}))
    assert len(list(rotated(file.path))) == 2
    assert [each["n"] for each in follower.new()] == list(range(1, 60))
    file.path.write_bytes(file.path.read_bytes() + b'{"n": 60')
    assert list(follower.new()) == []
    write(file, ', "half": false}')
    assert [each["n"] for each in follower.new()] == [60]
    follower.close()
