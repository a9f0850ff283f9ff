"""scripts/run.py: who runs the hub when root says `make run`."""

import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chatgrow_bot.config import load
from chatgrow_bot.store.folder import FolderLock

SCRIPT = Path(__file__).parents[2] / "scripts" / "run.py"
LIVE = "plugins: {engine_web: {}}"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_script", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def me() -> pwd.struct_passwd:
    return pwd.getpwuid(os.geteuid())


@pytest.mark.parametrize(
    ("settings", "meets"),
    [
        (LIVE, True),
        ("plugins: {web: {plugin: engine_web, headless: false}}", True),
        ('plugins: {engine_web: {simulator: "127.0.0.1:8443"}}', False),
        ('plugins: {engine_web: {simulator: "127.0.0.1:8443"}, live: {plugin: engine_web}}', True),
        ("plugins: {engine_web: {enabled: false}}", False),
        ("plugins: {rest_api: {admin: true}}", False),
    ],
)
def test_only_a_browser_at_the_true_whatsapp_needs_another_user(
    script: ModuleType, tmp_path: Path, settings: str, meets: bool
) -> None:
    (tmp_path / "chatgrow.yaml").write_text(settings)
    assert script.meets_whatsapp(load(tmp_path / "chatgrow.yaml", {}).settings) is meets


def test_what_keeps_everybody_from_running_it_is_said_before_anything_is_made(
    script: ModuleType, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "chatgrow.yaml").write_text(f"server: {{port: {port}}}")
        settings = load(tmp_path / "chatgrow.yaml", {}).settings
        assert f"Nobody can listen on 127.0.0.1:{port}" in script.cannot_run(settings)
    assert script.cannot_run(settings) == ""
    with FolderLock(settings.session_dir):
        assert f"A hub runs here already: process {os.getpid()}" in script.cannot_run(settings)
    (tmp_path / "logs").touch()
    assert "is no folder to write to" in script.cannot_run(settings)


@pytest.mark.parametrize(("mode", "others"), [(0o755, True), (0o750, False), (0o711, True), (0o700, False)])
def test_who_may_enter_a_folder_is_told_by_owner_group_and_mode(
    script: ModuleType, tmp_path: Path, mode: int, others: bool
) -> None:
    tmp_path.chmod(mode)
    assert script.may(stat.S_IXOTH, tmp_path.stat(), nobody()) is others
    assert script.may(stat.S_IXOTH, tmp_path.stat(), me())
    tmp_path.chmod(0o600)
    assert not script.may(stat.S_IXOTH, tmp_path.stat(), me())
    assert script.may(stat.S_IROTH, tmp_path.stat(), me())
    tmp_path.chmod(0o700)


def test_the_first_closed_folder_on_the_way_is_named(script: ModuleType, tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    assert script.closed_door([inner], me()) is None
    (tmp_path / "closed").chmod(0o600)
    try:
        assert script.closed_door([tmp_path, inner], me()) == tmp_path / "closed"
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_the_advice_tells_a_closed_python_from_a_closed_checkout(script: ModuleType) -> None:
    assert "PYTHON=/usr/bin/python3 make run" in script.way_round(Path(sys.base_prefix).parent)
    assert f"mv {script.ROOT} /opt/chatgrow" in script.way_round(Path("/nowhere"))


def test_a_secret_file_that_the_user_cannot_read_is_his_to_be_given(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "ROOT", tmp_path)
    (tmp_path / ".env").write_text("TOKEN=x\n")
    (tmp_path / ".env").chmod(0o600)
    assert f"chown chatgrow {tmp_path}/.env" in script.in_the_way(nobody(), [])


@as_root
def test_only_what_is_roots_and_has_no_second_name_is_given_away(script: ModuleType, tmp_path: Path) -> None:
    sessions, linked, named_twice = tmp_path / "sessions", tmp_path / "linked", tmp_path / "named-twice"
    (sessions / "deep").mkdir(parents=True)
    linked.write_text("root's own")
    named_twice.write_text("root's own")
    (sessions / "deep" / "chatgrow.db").write_text("")
    (sessions / "link").symlink_to(linked)
    (sessions / "second-name").hardlink_to(named_twice)
    (sessions / "of-another").write_text("")
    os.chown(sessions / "of-another", 1, 1)
    script.hand_over(sessions, nobody())
    given = {path.name for path in (sessions, *sessions.rglob("*")) if path.lstat().st_uid == nobody().pw_uid}
    assert given == {"sessions", "deep", "chatgrow.db"}
    assert linked.stat().st_uid == named_twice.stat().st_uid == 0
    assert (sessions / "of-another").stat().st_uid == 1


def test_the_user_does_not_see_roots_own_places(script: ModuleType) -> None:
    seen = script.as_seen_by(
        nobody(), {"HOME": "/root", "XDG_RUNTIME_DIR": "/run/user/0", "BROWSER_ARGS": "x"}
    )
    assert seen["HOME"] == nobody().pw_dir
    assert seen["USER"] == "nobody"
    assert seen["BROWSER_ARGS"] == "x"
    assert "XDG_RUNTIME_DIR" not in seen


@pytest.mark.parametrize(
    ("settings", "word"),
    [('plugins: {engine_web: {simulator: "127.0.0.1:8443"}}', "run"), ("plugin: {}", "check")],
)
def test_the_hub_runs_as_whoever_called_when_that_will_do(tmp_path: Path, settings: str, word: str) -> None:
    for folder in ("scripts", "config", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "scripts" / "run.py")
    (tmp_path / "config" / "chatgrow.yaml").write_text(settings)
    chatgrow = tmp_path / ".venv" / "bin" / "chatgrow"
    chatgrow.write_text('#!/bin/sh\necho "$1 by $(id -u)"\n')
    chatgrow.chmod(0o755)
    done = subprocess.run(
        [sys.executable, tmp_path / "scripts" / "run.py"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"{word} by {os.geteuid()}\n", done.stderr
