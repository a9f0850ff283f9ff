"""Chats that a sweep could not read are owed: across restarts, and not for ever."""

import stat
from pathlib import Path
from typing import Any

from .conftest import part

unswept = part("unswept")

DANA, AVI = "972541112233@c.us", "972541112244@c.us"


def of(folder: Path) -> Any:
    return unswept.Unswept(folder / "unswept")


def test_what_failed_is_tried_from_where_it_first_failed_until_it_is_read(tmp_path: Path) -> None:
    owed = of(tmp_path)
    assert owed.with_these([DANA, AVI], 100) == {DANA: 100, AVI: 100}
    assert owed.note({DANA: 100, AVI: 100}, [DANA]) == (1, 0)
    again = of(tmp_path)
    assert again.with_these([AVI], 200) == {AVI: 200, DANA: 100}
    assert again.with_these([DANA], 200) == {DANA: 100}
    assert again.note({DANA: 100}, [DANA]) == (0, 0)
    assert again.note({DANA: 100}, []) == (0, 0)
    assert of(tmp_path).with_these([AVI], 300) == {AVI: 300}


def test_what_never_can_be_read_is_given_up_and_told_once_until_it_is_read_again(tmp_path: Path) -> None:
    told = [of(tmp_path).note({DANA: 100}, [DANA]) for _ in range(unswept.TRIES + 2)]
    assert told == [(1, 0), *[(0, 0)] * (unswept.TRIES - 2), (0, 1), (0, 0), (0, 0)]
    assert of(tmp_path).with_these([], 200) == {}
    assert of(tmp_path).with_these([DANA], 200) == {DANA: 200}
    assert of(tmp_path).note({DANA: 200}, []) == (0, 0)
    assert of(tmp_path).note({DANA: 300}, [DANA]) == (1, 0)


def test_the_file_is_nobody_else_s_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    of(tmp_path).note({DANA: 100}, [DANA])
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b'{"' + file.read_bytes())
    assert of(tmp_path).with_these([], 200) == {}
