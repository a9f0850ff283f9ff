"""The wheel, built from a copy of this checkout and installed: it has all it needs, and nothing else.

It is installed in a fresh virtual environment that borrows this one's libraries, for speed.
tests/accept/ does the same in an empty one.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from .test_cli import ended, listens

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).parent / "sample_package"
#: Of the checkout, what is built.
PARTS = ("chatgrow_bot", "plugins", "config")
FILES = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".env.example", ".gitignore")
WA_JS = "chatgrow_bot/_plugins/engine_web/node_modules/@wppconnect/wa-js"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A virtual environment with the wheel in it, and what the wheel holds."""

    bin: Path
    names: frozenset[str]

    def run(self, folder: Path, *command: str | Path) -> str:
        """What a command of this environment prints; it must succeed."""
        done = subprocess.run(
            [self.bin / command[0], *map(str, command[1:])],
            cwd=folder,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def clean_environment() -> dict[str, str]:
    """Nothing that leads back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHONPATH")}


def python(*words: str | Path, cwd: Path = ROOT) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with what lies around in a used one."""
    copy = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, symlinks=False)
    for file in FILES:
        shutil.copy2(ROOT / file, copy / file)
    (copy / "config" / "secrets.yaml").write_text("TOKEN: s3cret\n")
    (copy / ".env").write_text("TOKEN=s3cret\n")
    (copy / "plugins" / "guest_list.pyc").write_text("")
    (copy / "plugins" / "rest_api" / "__pycache__").mkdir(exist_ok=True)
    (copy / "plugins" / "rest_api" / "__pycache__" / "qr.pyc").write_text("")
    return copy


@pytest.fixture(scope="module")
def installed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    python("hatchling", "build", "-t", "wheel", "-d", folder, cwd=checkout)
    shutil.copytree(SAMPLE, folder / "sample")
    python("hatchling", "build", "-t", "wheel", "-d", folder, cwd=folder / "sample")
    venv.create(folder / "venv")
    [site] = (folder / "venv").glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    wheels = sorted(folder.glob("*.whl"))
    pip = ("pip", "--disable-pip-version-check", "--python", folder / "venv" / "bin" / "python")
    python(*pip, "install", "-q", "--no-deps", "--no-index", "--no-compile", *wheels)
    [ours] = [wheel for wheel in wheels if wheel.name.startswith("chatgrow_bot")]
    return Installed(bin=folder / "venv" / "bin", names=frozenset(zipfile.ZipFile(ours).namelist()))


def test_the_wheel_has_the_plugins_their_pages_and_libraries_and_a_project_to_begin_with(
    installed: Installed,
) -> None:
    for name in (
        f"{WA_JS}/dist/wppconnect-wa.js",
        f"{WA_JS}/LICENSE",
        "chatgrow_bot/_plugins/engine_web/bridge/selftest.js",
        "chatgrow_bot/_plugins/simulator/page/index.html",
        "chatgrow_bot/_plugins/guest_list.py",
        "chatgrow_bot/_project/config/chatgrow.yaml",
        "chatgrow_bot/_project/config/schema.json",
        "chatgrow_bot/_project/config/rules.schema.json",
        "chatgrow_bot/_project/.env.example",
        "chatgrow_bot/_project/plugins/README.md",
        "chatgrow_bot/cli/templates/plugin.txt",
        "chatgrow_bot/store/migrations/versions/0001_first_tables.py",
        "chatgrow_bot/py.typed",
    ):
        assert name in installed.names


def test_the_wheel_has_whatever_a_plugin_reads_of_its_packages_from_npm(installed: Installed) -> None:
    for source in ROOT.glob("plugins/*/*.py"):
        for name in re.findall(r'"(node_modules/[^"]+)"', source.read_text("utf-8")):
            assert f"chatgrow_bot/_plugins/{source.parent.name}/{name}" in installed.names, (
                "name it in `files`"
            )


def test_the_wheel_has_no_secret_no_test_and_nothing_that_lies_around(installed: Installed) -> None:
    for name in installed.names:
        assert not name.endswith((".pyc", "secrets.yaml", "/.env", ".map", ".d.ts", ".db", ".log")), name
        assert not {"tests", "__pycache__", ".git"} & set(name.split("/")), name
    from_npm = {name.split("node_modules/")[1] for name in installed.names if "node_modules/" in name}
    assert len(from_npm) < 40, "only what package.json names under `files`"


def test_an_installed_package_begins_a_project_in_an_empty_folder_and_finds_its_plugins(
    installed: Installed, tmp_path: Path
) -> None:
    installed.run(tmp_path, "chatgrow", "init")
    assert "all is well" in installed.run(tmp_path, "chatgrow", "check")
    listed = installed.run(tmp_path, "chatgrow", "plugins")
    assert "on   engine_web\n" in listed
    assert "-    parrot\n" in listed


def test_the_installed_engine_has_its_page_library_to_the_byte(installed: Installed, tmp_path: Path) -> None:
    look = (
        "from chatgrow_bot.host.loader import built_in_folder, load_plugin_module as load; import sys\n"
        "load(built_in_folder() / 'engine_web')\n"
        "print(built_in_folder(), len(sys.modules['chatgrow_plugins.engine_web.wajs'].init_script()))"
    )
    folder, size = installed.run(tmp_path, "python", "-c", look).split()
    assert Path(folder).is_relative_to(installed.bin.parent), "not in the checkout"
    assert int(size) > 500_000


def test_the_fixture_bot_is_there_wherever_the_package_is_installed(
    installed: Installed, tmp_path: Path
) -> None:
    (tmp_path / "greeter.py").write_text(
        "from chatgrow_bot.messages import Outbound\n"
        "from chatgrow_bot.plugin import Plugin, hook\n\n\n"
        "class Greeter(Plugin):\n"
        "    @hook\n"
        "    async def answer(self, message):\n"
        "        return Outbound(to=message.chat, text=f'hello, {message.text}')\n"
    )
    (tmp_path / "test_greeter.py").write_text(
        "from greeter import Greeter\n\n\n"
        "async def test_it_greets(bot):\n"
        "    await bot.start(Greeter)\n"
        "    assert await bot.say('Dana') == ['hello, Dana']\n\n\n"
        "async def test_an_installed_plugin_is_found_by_name(bot):\n"
        "    await bot.start('parrot')\n"
        "    assert await bot.say('!say Dana') == ['Dana']\n"
    )
    said = installed.run(tmp_path, "python", "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert "2 passed" in said


async def test_a_hub_runs_somebody_elses_plugin_from_its_package(
    installed: Installed, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text(
        "server: {port: 0}\nplugins:\n  parrot:\n    word: '!echo'\n"
    )
    process = await asyncio.create_subprocess_exec(
        installed.bin / "chatgrow", "run", cwd=tmp_path, env=clean_environment(), stdout=PIPE, stderr=PIPE
    )
    try:
        address = (await listens(process)).rpartition("listens on ")[2].split()[0]
        async with aiohttp.ClientSession() as http, http.get(f"{address}/parrot") as response:
            assert await response.text() == "!echo"
    finally:
        process.terminate()
        code, _, errors = await ended(process)
    assert code == 0, errors
