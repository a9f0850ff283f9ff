"""Reading anew while the hub runs: the command, the word, and a true SIGHUP to a true process."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import termios
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.client import Client
from chatgrow_bot.errors import NotAllowed
from chatgrow_bot.hub import Answer, Role
from chatgrow_bot.plugin import Plugin, Reload, hook
from chatgrow_bot.testing import TalkingBot

from .test_plugin_manual import hook_examples


class Rereads(Plugin):
    """Counts how often it read anew."""

    times = 0
    fails = False

    @hook
    def register_reloads(self) -> Iterable[Reload]:
        return [Reload(what="things", run=self._read)]

    async def _read(self) -> Answer:
        if self.fails:
            raise ValueError("a secret line")
        self.times += 1
        return Answer(text=f"{self.times} times")


class Refuses(Plugin):
    @hook
    def register_reloads(self) -> Iterable[Reload]:
        async def run() -> Answer:
            return Answer(text="line 3 is wrong", ok=False)

        return [Reload(what="lines", run=run)]


async def test_the_command_reads_all_anew_and_tells_of_each(bot: TalkingBot) -> None:
    await bot.start(Rereads, Refuses)
    answer = await bot.running.hub.commands.run("reload", [], bot.admin)
    assert not answer.ok
    assert answer.text == "rereads, things: 1 times\n\nrefuses, lines: line 3 is wrong"
    assert [each["ok"] for each in answer.data["reloads"]] == [True, False]


async def test_only_plugins_that_are_on_are_asked(bot: TalkingBot) -> None:
    await bot.start(Rereads, Refuses)
    await bot.running.plugins.disable("refuses")
    assert await bot.running.reload("a test") == Answer(
        text="rereads, things: 1 times",
        data={"reloads": [{"plugin": "rereads", "what": "things", "ok": True, "text": "1 times"}]},
    )
    await bot.running.plugins.disable("rereads")
    answer = await bot.running.reload("a test")
    assert (answer.ok, answer.text) == (True, "No plugin that is on has anything to read anew.")


async def test_one_that_fails_or_answers_nothing_is_blamed_and_the_others_are_read(bot: TalkingBot) -> None:
    class Fails(Rereads):
        fails = True

    class Nothing(Plugin):
        @hook
        def register_reloads(self) -> Any:
            async def run() -> None: ...

            return [Reload(what="nothing", run=run)]  # type: ignore[arg-type]

    class Wrong(Plugin):
        @hook
        def register_reloads(self) -> Any:
            return ["not a Reload"]

    await bot.start(Fails, Nothing, Wrong, Rereads)
    answer = await bot.running.reload("a test")
    told = {each["plugin"]: each["text"] for each in answer.data["reloads"]}
    assert set(told) == {"fails", "nothing", "rereads"}
    assert told["rereads"] == "1 times"
    assert told["fails"].startswith("It failed, and is as it was: ValueError at test_reload.py")
    assert "secret" not in answer.text
    assert "an Answer is wanted" in told["nothing"]


async def test_two_at_once_are_one_after_the_other(bot: TalkingBot) -> None:
    inside: list[int] = []

    class Slow(Plugin):
        @hook
        def register_reloads(self) -> Iterable[Reload]:
            return [Reload(what="slow", run=self._read)]

        async def _read(self) -> Answer:
            inside.append(1)
            together = len(inside)
            for _ in range(5):
                await asyncio.sleep(0)
            inside.pop()
            return Answer(text=str(together))

    await bot.start(Slow)
    both = await asyncio.gather(bot.running.reload("a"), bot.running.reload("b"))
    assert [answer.data["reloads"][0]["text"] for answer in both] == ["1", "1"]


async def test_only_an_admin_may(bot: TalkingBot) -> None:
    await bot.start(Rereads)
    with pytest.raises(NotAllowed):
        await bot.running.hub.commands.run("reload", [], replace(bot.admin, role=Role.OPERATOR))


async def test_the_manuals_example_takes_all_or_nothing(bot: TalkingBot, modules: None) -> None:
    bot.plugin_folders = [bot.folder / "plugins"]
    bot.plugin_folders[0].mkdir()
    (bot.folder / "plugins" / "catalogue.py").write_text(hook_examples()["register_reloads"])
    await bot.start("catalogue", catalogue={"pictures": "pictures"})
    answer = await bot.running.reload("a test")
    assert not answer.ok
    assert "the catalogue is as it was" in answer.text
    (bot.folder / "pictures").mkdir()
    (bot.folder / "pictures" / "cat.png").touch()
    assert (await bot.running.reload("a test")).text == "catalogue, pictures: 1 pictures"


PLUGIN = """
from chatgrow_bot.hub import Answer
from chatgrow_bot.plugin import Plugin, Reload, hook

class Rereads(Plugin):
    times = 0

    @hook
    def register_reloads(self):
        return [Reload(what="things", run=self._read)]

    async def _read(self):
        self.times += 1
        print(f"read {self.times}", flush=True)
        if self.times == 2:
            raise ValueError
        return Answer(text=f"{self.times} times", ok=self.times < 4)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "rereads.py").write_text(PLUGIN)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text(
        "server: {port: 0}\npluginFolders: [plugins]\nplugins: {rest_api: {admin: true}, rereads: {}}\n"
    )
    return tmp_path


@asynccontextmanager
async def hub(folder: Path, **more: Any) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "chatgrow_bot.cli", "run")
    with (folder / "errors").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, **{"stdout": PIPE, "stderr": errors, "start_new_session": True, **more}
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def says(process: Process, words: str) -> str:
    """Everything that a hub says up to a line with these words."""
    assert process.stdout
    said = ""
    async with asyncio.timeout(30):
        while words not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


async def chatgrow(folder: Path, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatgrow_bot.cli", *words, cwd=folder, stdout=PIPE, stderr=PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode() + errors.decode()


async def test_a_signal_and_a_word_read_anew_and_never_end_the_hub(folder: Path) -> None:
    async with hub(folder) as process:
        said = await says(process, "listens on")
        url = next(word for word in said.split() if word.startswith("http://"))
        password = said.partition("password ")[2].split()[0]
        for time in (1, 2, 3):  # the second one fails
            process.send_signal(signal.SIGHUP)
            await says(process, f"read {time}")
        async with Client.login(url, "admin", password) as client:
            token = await client.make_key("test", ["admin"])
        code, told = await chatgrow(folder, "reload", "--url", url, "--token", token, "--json")
        assert code == 1  # the fourth is not ok
        assert json.loads(told)["data"]["reloads"] == [
            {"plugin": "rereads", "what": "things", "ok": False, "text": "4 times"}
        ]
        code, told = await chatgrow(folder, "reload", "--url", url, "--token", token)
        assert "rereads, things: 5 times" in told
        process.send_signal(signal.SIGTERM)
        await says(process, "Stopping")
        process.send_signal(signal.SIGHUP)  # it is no second wish to stop
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    log = (folder / "errors").read_text()
    assert "not read anew" in log
    assert "3 times" in log


@pytest.mark.slow
async def test_the_end_of_its_terminal_stops_the_hub_and_a_signal_on_it_does_not(folder: Path) -> None:
    master, slave = os.openpty()

    def own_terminal() -> None:
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    async def shows(words: str) -> None:
        said = ""
        async with asyncio.timeout(30):
            while words not in said:
                said += (await asyncio.to_thread(os.read, master, 4096)).decode()

    end = {"stdin": slave, "stdout": slave, "stderr": slave}
    async with hub(folder, **end, preexec_fn=own_terminal) as process:
        os.close(slave)
        await shows("listens on")
        process.send_signal(signal.SIGHUP)
        await shows("read 1")
        os.close(master)
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    assert '"event": "plugin stopped"' in (folder / "logs" / "combined.log").read_text()
