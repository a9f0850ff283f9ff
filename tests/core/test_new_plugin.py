"""`chatgrow new-plugin` and `chatgrow init`: what they write is right as it stands, and nothing is lost.
That a new plugin's own test passes is seen in test_plugin_manual.py, its types in tests/accept/."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatgrow_bot.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["init"]).exit_code == 0
    return tmp_path


def new_plugin(*words: str) -> Result:
    return CliRunner().invoke(main, ["new-plugin", *words])


def tool(project: Path, *words: str | Path) -> None:
    command = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_init_writes_a_project_that_is_right_and_says_what_to_do_next(project: Path) -> None:
    assert {"config/chatgrow.yaml", "config/rules/hours.yaml", "plugins/README.md", ".env.example"} <= tree(
        project
    )
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    assert "chatgrow check" in CliRunner().invoke(main, ["init", "elsewhere"]).output
    assert (project / "elsewhere" / "config" / "chatgrow.yaml").is_file()


def test_init_leaves_what_is_there_as_it_is(project: Path) -> None:
    (project / "config" / "chatgrow.yaml").write_text("# mine\n")
    (project / "config" / "README.md").unlink()
    result = CliRunner().invoke(main, ["init"])
    assert "kept   config/chatgrow.yaml\n" in result.output
    assert "wrote  config/README.md\n" in result.output
    assert (project / "config" / "chatgrow.yaml").read_text() == "# mine\n"


@pytest.mark.parametrize("name", ["p", "slack_and_more", "a" * 32])
def test_what_is_written_is_as_tidy_as_our_own_code(project: Path, name: str) -> None:
    assert new_plugin(name).exit_code == 0
    for command in (["check"], ["format", "--check"]):
        tool(project, "ruff", *command, "--no-cache", "--config", ROOT / "pyproject.toml", "plugins", "tests")
        tool(
            project, "ruff", *command, "--no-cache", "--isolated", "--line-length", "110", "plugins", "tests"
        )


def test_what_is_written_loads_once_it_is_named_as_was_said(project: Path) -> None:
    result = new_plugin("aiohttp")  # a library's name is no matter
    assert {"plugins/aiohttp/__init__.py", "plugins/aiohttp/README.md", "tests/plugins/test_aiohttp.py"} <= (
        tree(project)
    )
    assert "    aiohttp: {}\n" in result.output
    assert "pytest tests/plugins/test_aiohttp.py" in result.output
    config = project / "config" / "chatgrow.yaml"
    config.write_text(config.read_text() + "  aiohttp: {}\n")
    checked = CliRunner().invoke(main, ["check"])
    assert checked.exit_code == 0, checked.output
    assert "on   aiohttp\n" in CliRunner().invoke(main, ["plugins"]).output


@pytest.mark.parametrize(
    "name", ["", "Parrot", "1st", "a-b", "../up", "a" * 33, "import", "none", "config", "self", "a/b", "é"]
)
def test_a_name_that_cannot_be_one_is_refused(project: Path, name: str) -> None:
    before = tree(project)
    result = new_plugin(name)
    assert result.exit_code == 2
    assert "Invalid value" in result.output
    assert tree(project) == before


def test_nothing_is_written_over(project: Path) -> None:
    (project / "tests" / "plugins").mkdir(parents=True)
    (project / "tests" / "plugins" / "test_parrot.py").write_text("# mine\n")
    before = tree(project)
    result = new_plugin("parrot")
    assert result.exit_code == 1
    assert "test_parrot.py is there already; nothing was written" in result.output
    assert tree(project) == before
    for taken in ("rest_api", "journal_log"):
        assert f"there is a plugin '{taken}' already" in new_plugin(taken).output
    assert new_plugin("owl").exit_code == 0
    assert "there is a plugin 'owl' already" in new_plugin("owl").output


def test_another_folder_may_be_named_also_outside_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = new_plugin("parrot", "--folder", "mine")
    assert result.exit_code == 0, result.output
    assert tree(tmp_path) == {
        "mine/parrot/__init__.py",
        "mine/parrot/README.md",
        "tests/plugins/test_parrot.py",
    }
    assert "pluginFolders: [mine]" in result.output


def test_a_project_without_a_folder_for_plugins_is_told_so(project: Path) -> None:
    (project / "config" / "chatgrow.yaml").write_text("plugins: {}\n")
    result = new_plugin("parrot")
    assert result.exit_code == 1
    assert "write `pluginFolders: [plugins]` in chatgrow.yaml" in result.output
