"""How the browser is started: walls up, and only our own wa-js in the page."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chatgrow_bot.config import RESERVED, Problem, check, load
from chatgrow_bot.errors import EngineError

from .conftest import part

launch, settings, wajs, browsers = part("launch"), part("settings"), part("wajs"), part("browsers")

BROWSER = Path("/opt/browser")
DANGEROUS = [
    "--no-sandbox", "--disable-setuid-sandbox", "--disable-web-security", "--ignore-certificate-errors",
    "--ignore-certificate-errors-spki-list=x", "--remote-debugging-port=9222", "--remote-debugging-pipe",
    "--remote-allow-origins=*", "--single-process", "--user-data-dir=/tmp/x", "--load-extension=/tmp/x",
    "--host-resolver-rules=MAP * 127.0.0.1", "--disable-site-isolation-trials", "--renderer-cmd-prefix=sh",
    "--NO-SANDBOX", "--user-agent=Other", "--disable-features=IsolateOrigins",
    "https://example.com", "-x", "--",
]  # fmt: skip


def options(*, root: bool = False, **values: Any) -> dict[str, Any]:
    made: dict[str, Any] = launch.launch_options(
        settings.WebSettings(**values), BROWSER, "Chrome/1", root=root
    )
    return made


def test_live_the_sandbox_is_on_and_no_flag_is_dangerous() -> None:
    for root in (False, True):
        made = options(root=root)
        assert made["chromium_sandbox"] is True
        assert not [flag for flag in made["args"] if settings.is_dangerous(flag)]
        assert "ignore_https_errors" not in made
        assert made["service_workers"] == "block"


def test_only_the_simulator_may_be_found_elsewhere_and_only_there_may_root_run() -> None:
    made = options(simulator="127.0.0.1:8443", root=True)
    assert made["chromium_sandbox"] is False
    assert made["ignore_https_errors"] is True
    assert made["args"][-1] == (
        "--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:8443, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    )
    assert options(simulator="127.0.0.1:8443", root=False)["chromium_sandbox"] is True


@pytest.mark.parametrize("flag", DANGEROUS)
def test_a_dangerous_flag_is_refused_by_name(flag: str) -> None:
    with pytest.raises(ValidationError, match="refused"):
        settings.WebSettings(args=["--lang=he", flag])


def test_harmless_flags_reach_the_browser() -> None:
    assert "--lang=he" in options(args=["--lang=he"])["args"]


@pytest.mark.parametrize("name", ["BROWSER_ARGS", "PUPPETEER_ARGS"])
def test_flags_come_from_the_environment_or_dot_env_and_are_checked_there_too(
    name: str, tmp_path: Path
) -> None:
    def configured(env: Mapping[str, str]) -> tuple[Any, list[Problem]]:
        document = load(tmp_path / "config" / "chatgrow.yaml", env).document
        return check(settings.WebSettings, document, at=("plugins", "engine_web"), without=RESERVED)

    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text("plugins: {engine_web: {}}\n")
    (tmp_path / ".env").write_text(f"{name}=--lang=he, --mute-audio\n")
    assert configured({})[0].args == ("--lang=he", "--mute-audio")
    [problem] = configured({name: "--lang=he,--no-sandbox"})[1]
    assert "--no-sandbox" in problem.message


@pytest.mark.parametrize(
    "address", ["example.com:443", "127.0.0.1", "127.0.0.1:443, MAP * 1.2.3.4", "0.0.0.0:1"]
)
def test_the_simulator_is_on_this_machine_only(address: str) -> None:
    with pytest.raises(ValidationError):
        settings.WebSettings(simulator=address)


async def test_whatsapp_out_of_reach_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(launch.urllib.request, "getproxies", dict)
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(EngineError, match=r"web\.whatsapp\.com cannot be reached: Name or service not known"):
        await launch.check_place(settings.WebSettings())


async def test_root_never_runs_a_browser_against_live_whatsapp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.urllib.request, "getproxies", lambda: {"https": "http://proxy:3128"})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(EngineError, match=r"as root.*ordinary user"):
        await launch.check_place(settings.WebSettings())
    await launch.check_place(settings.WebSettings(simulator="127.0.0.1:8443"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    await launch.check_place(settings.WebSettings())


def test_one_changed_byte_of_wa_js_is_refused_with_the_command(tmp_path: Path) -> None:
    bundle = tmp_path / "wa.js"
    content = bytearray(wajs.BUNDLE.read_bytes())
    content[100_000] ^= 1
    bundle.write_bytes(content)
    with pytest.raises(EngineError, match=r"SHA-256.*npm ci"):
        wajs.init_script(bundle)


def test_a_missing_wa_js_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="not installed: run `npm ci`"):
        wajs.init_script(tmp_path / "none.js")


def test_the_script_runs_in_the_top_page_of_whatsapp_only_and_tells_nobody() -> None:
    script = wajs.init_script()
    guard = 'if (window === top && location.origin === "https://web.whatsapp.com") {\nwindow.WPPConfig = '
    assert script.startswith(guard)
    assert '{"disableGoogleAnalytics": true, "linkPreviewApiServers": []}' in script[:300]


def test_a_browser_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="browserPath"):
        browsers.find_browser(settings.WebSettings(browser_path=tmp_path / "none"), "/none")


def test_without_any_browser_the_command_that_installs_one_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(browsers, "_PLACES", {channel: () for channel in settings.Channel})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"playwright install chromium.*apt-get install chromium"):
        browsers.find_browser(settings.WebSettings(), str(tmp_path / "none"))
    own = tmp_path / "own"
    own.touch(mode=0o755)
    assert browsers.find_browser(settings.WebSettings(), str(own)) == own


def test_a_script_around_a_browser_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(browsers, "_PLACES", {channel: () for channel in settings.Channel})
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "chromium").write_text("#!/bin/sh\nexec true")
    (tmp_path / "chromium").chmod(0o755)
    (tmp_path / "google-chrome").write_bytes(b"\x7fELF")
    (tmp_path / "google-chrome").chmod(0o755)
    assert browsers.find_browser(settings.WebSettings(), "/none") == tmp_path / "google-chrome"


async def test_the_browser_does_not_call_itself_headless() -> None:
    browser = browsers.find_browser(settings.WebSettings(), "/none")
    assert "Headless" not in (agent := await browsers.user_agent(browser, 60))
    assert "Chrome/" in agent


async def test_a_browser_that_does_not_tell_its_version_is_not_waited_for_without_end(tmp_path: Path) -> None:
    (slow := tmp_path / "chromium").write_text("#!/bin/sh\nexec sleep 60")
    slow.chmod(0o755)
    with pytest.raises(EngineError, match=r"did not tell its version within 0\.1 s"):
        await browsers.user_agent(slow, 0.1)


def test_a_leftover_browser_is_known_by_any_name_of_its_profile(tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(tmp_path / "profiles")
    with part("profile").held(tmp_path / "profiles" / "shop") as profile:
        code = "print(flush=True); import sys; sys.stdin.read()"
        place = tmp_path / "other" / "shop" / "profile"
        command = [sys.executable, "-c", code, f"--user-data-dir={place}"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as browser:
            assert browser.stdout
            browser.stdout.readline()
            assert [each.pid for each in profile.processes()] == [browser.pid]
            assert profile.kill_browsers() == 1
            browser.communicate()
        assert profile.processes() == []
