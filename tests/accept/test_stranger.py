"""What strangers do with the wheel: an empty environment, an empty folder, the rest from package indexes."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(folder: Path, *command: str | Path, seconds: float = 600, path: Path | None = None) -> str:
    """What a command prints; it must succeed. Nothing in its environment leads back to the checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PATH": str(path)} if path else {}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def without_npm(folder: Path) -> Path:
    """A search path with what npm's own scripts need, and nothing more."""
    folder.mkdir()
    for tool in ("sh", "env"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return folder


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment into which the wheel was installed as people install it. It was built
    from the source archive, which has nothing from npm in it, where there is no npm."""
    folder = tmp_path_factory.mktemp("stranger")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(ROOT, sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder)
    [archive] = folder.glob("chatgrow_bot-*.tar.gz")
    run(folder, *pip, "wheel", "-q", "--no-deps", "-w", folder, archive, path=without_npm(folder / "tools"))
    [wheel] = folder.glob("chatgrow_bot-*.whl")
    venv.create(folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(folder, *pip, "--python", python, "install", "-q", f"{wheel}[demo,testing]", "mypy==2.4.1")
    return python.parent


def test_the_demo_plays_from_an_installed_wheel_in_an_empty_folder(stranger: Path, tmp_path: Path) -> None:
    run(tmp_path, stranger / "chatgrow", "init")
    assert "all is well" in run(tmp_path, stranger / "chatgrow", "check")
    assert "The whole story happened." in run(tmp_path, stranger / "chatgrow", "demo", "--script")


def test_a_new_plugin_is_right_by_its_tests_and_types(stranger: Path, tmp_path: Path) -> None:
    run(tmp_path, stranger / "chatgrow", "init")
    run(tmp_path, stranger / "chatgrow", "new-plugin", "parrot")
    run(tmp_path, stranger / "mypy", "--strict", "plugins/parrot", "tests")
    assert "3 passed" in run(
        tmp_path, stranger / "pytest", "-q", "-W", "error", "tests/plugins/test_parrot.py"
    )
