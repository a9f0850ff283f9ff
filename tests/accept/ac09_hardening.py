"""AC-09: the browser that strangers write to, looked at from outside. It is started with the settings of live
use as an ordinary user, and inspected by what the kernel says of its processes, its sockets and its files.

The page itself need not load. The control is a browser with the simulator's settings, as root where we are.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import Connection, select

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.safety.files import lying_in
from chatgrow_bot.store.tables import inbox

from .browsers.fuzz import FUZZ
from .browsers.shop import shop, until
from .checks import Check, Done, Figure, Size, Verdict

_ROOT = Path(__file__).parents[2]
_NOBODY = "nobody"
_START = 90.0
#: Hostile calls of the page's binding, and how many it must look at: the rest may come too fast for it.
_CALLS, _LOOKED_AT = 10_000, 2_000
#: Flags that are refused from outside, and that the engine and Playwright set themselves.
_OWN = frozenset(
    {
        "user-data-dir", "disable-features", "remote-debugging-pipe",
        "unsafely-disable-devtools-self-xss-warnings",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What came of hostile calls from a linked page."""

    looked_at: int  #: of the calls; the others were too many at once
    effects: int  #: messages that nobody wrote, a connection that is lost
    hears: bool  #: a customer afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What the kernel says of one process."""

    kind: str  #: browser, renderer, gpu-process, utility, zygote
    uid: int
    seccomp: int  #: 2: its calls are filtered
    no_new_privileges: bool
    apart: bool  #: in a user namespace of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A browser, looked at."""

    flags: Sequence[str]
    processes: Sequence[Sandbox]
    listening: int  #: TCP ports
    profile_mode: int
    files: int
    open_files: int  #: files and folders that others than the owner may use

    @property
    def renderers(self) -> Sequence[Sandbox]:
        """The processes that strangers' bytes come to."""
        return [each for each in self.processes if each.kind == "renderer"]


async def run(size: Size) -> Verdict:
    """Both browsers at once; at full size a hostile page too."""
    python, user = _who()
    attack = await _attacked(_CALLS) if size is Size.FULL else None
    async with asyncio.TaskGroup() as both:
        live = both.create_task(_looked_at(python, user))
        control = both.create_task(_looked_at(sys.executable, None, "127.0.0.1:9"))
    found, caught = live.result(), judged(control.result())
    figures: dict[str, Figure] = {
        "processes": len(found.processes),
        "renderers": len(found.renderers),
        "as": user or pwd.getpwuid(os.geteuid()).pw_name,
        "filtered": sum(each.seccomp == 2 for each in found.renderers),
        "in a namespace of their own": sum(each.apart for each in found.renderers),
        "ports": found.listening,
        "profile": f"{found.profile_mode:04o}",
        "files": found.files,
        "open to others": found.open_files,
    }
    broken, what = judged(found), "live browser"
    if attack:
        what += f" under {_CALLS:,} hostile calls"
        figures |= {"calls looked at": attack.looked_at, "their effects": attack.effects}
        broken += _withstood(attack)
    done = Done(what=what, figures=figures)
    return Verdict(done=(done,), broken=tuple(broken), control=", ".join(caught))


async def _attacked(calls: int) -> Attack:
    """So many hostile calls from a linked page of what it tells things by; then a customer writes."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-fuzz-") as folder:
        async with shop(Path(folder) / "shop") as here, here.hub():
            await here.link()
            before, db = here.engine.open_now, here.running.ground.db
            looked_at = await before._page._page.evaluate(FUZZ, calls)
            lost = here.engine.open_now is not before or await here.state() is not ConnectionState.ONLINE
            await here.customer().write(here.phone, "a true one")
            with contextlib.suppress(TimeoutError):
                await until(lambda: db.read(_texts), lambda texts: "a true one" in texts)
            texts = await db.read(_texts)
    hears = "a true one" in texts
    return Attack(looked_at=looked_at, effects=len(texts) - hears + lost, hears=hears)


def _texts(conn: Connection) -> Sequence[str]:
    return conn.scalars(select(inbox.c.text)).all()


def _withstood(attack: Attack) -> list[str]:
    broken = []
    if attack.looked_at < _LOOKED_AT:
        broken.append(f"only {attack.looked_at} hostile calls were looked at: too few to say anything")
    if attack.effects:
        broken.append(f"{attack.effects} effects of hostile calls from the page")
    if not attack.hears:
        broken.append("after hostile calls a customer is not heard")
    return broken


def judged(found: Findings) -> list[str]:
    """What is not as it must be, a sentence each."""
    load_plugin_module(built_in_folder() / "engine_web")
    is_dangerous = sys.modules["chatgrow_plugins.engine_web.settings"].is_dangerous
    broken = [f"the flag {each}" for each in found.flags if is_dangerous(each) and _name(each) not in _OWN]
    if any(each.uid == 0 for each in found.processes):
        broken.append("it runs as root")
    if not found.renderers:
        broken.append("no renderer to look at")
    bad = {
        "are not filtered by seccomp": [each for each in found.renderers if each.seccomp != 2],
        "may gain privileges": [each for each in found.renderers if not each.no_new_privileges],
        "share the browser's user namespace": [each for each in found.renderers if not each.apart],
    }
    broken += [f"{len(which)} renderers {what}" for what, which in bad.items() if which]
    if found.listening:
        broken.append(f"{found.listening} ports are listened on")
    if found.profile_mode != 0o700:
        broken.append(f"the profile has the mode {found.profile_mode:04o}")
    if found.open_files:
        broken.append(f"{found.open_files} of {found.files} files are open to others")
    return broken


def _name(flag: str) -> str:
    return flag.removeprefix("--").partition("=")[0]


def _who() -> tuple[str, str | None]:
    """The Python and the user to start it by: as root somebody who is not, and a Python that he may run."""
    if os.geteuid() != 0:
        return sys.executable, None
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin") or "")
    for python in filter(None, candidates):
        if all(_others_may_pass(each) for each in Path(python).resolve().parents):
            return python, _NOBODY
    raise RuntimeError(f"{_NOBODY} may run no {version} here: install one under /usr, or run as another user")


def _others_may_pass(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


async def _looked_at(python: str, user: str | None, *simulator: str) -> Findings:
    with tempfile.TemporaryDirectory(prefix="chatgrow-look-") as made:
        folder = Path(made)
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        async with _started(python, user, folder, *simulator):
            return await asyncio.to_thread(_inspected, folder / "shop")


@asynccontextmanager
async def _started(python: str, user: str | None, folder: Path, *simulator: str) -> AsyncIterator[None]:
    become = ("runuser", "-u", user, "--") if user else ()
    paths = os.pathsep.join([str(_ROOT), *(each for each in sys.path if each.endswith("-packages"))])
    process = await asyncio.create_subprocess_exec(
        *become, python, str(_ROOT / "tests/accept/browsers/live.py"), str(folder), *simulator,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": paths,
                         "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(_START):
            if await process.stdout.readline() != b"open\n":
                raise RuntimeError((await process.stderr.read()).decode(errors="replace")[-2000:])
        yield
    finally:
        process.stdin.close()
        async with asyncio.timeout(_START):
            await process.wait()


def _inspected(session: Path) -> Findings:
    flag = f"--user-data-dir={session / 'profile'}"
    found = [each for each in psutil.process_iter(["cmdline"]) if flag in (each.info["cmdline"] or ())]
    main = next(each for each in found if _kind(each) == "browser")
    processes, listening = [], 0
    for process in (main, *main.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError):  # some come and go
            ports = process.net_connections("inet")
            processes.append(_sandbox(process, _namespace(main.pid)))
            listening += sum(each.status == psutil.CONN_LISTEN for each in ports)
    modes = [found.st_mode for _, found in lying_in(session)]
    shared = [mode for mode in modes if not stat.S_ISLNK(mode) and mode & 0o077]
    return Findings(
        flags=[each for each in main.cmdline()[1:] if each.startswith("--")],
        processes=processes,
        listening=listening,
        profile_mode=stat.S_IMODE((session / "profile").stat().st_mode),
        files=len(modes),
        open_files=len(shared),
    )


def _kind(process: psutil.Process) -> str:
    kinds = (each for each in process.cmdline() if each.startswith("--type="))
    return next(kinds, "--type=browser").removeprefix("--type=")


def _namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/user").readlink())


def _sandbox(process: psutil.Process, own: str) -> Sandbox:
    lines = Path(f"/proc/{process.pid}/status").read_text("utf-8").splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return Sandbox(
        kind=_kind(process),
        uid=process.uids().effective,
        seccomp=int(status["Seccomp"]),
        no_new_privileges=status["NoNewPrivs"] == "1",
        apart=_namespace(process.pid) != own,
    )


CHECK = Check(
    name="AC-09",
    promise="the live browser: sandboxed, not root's, no dangerous flag, no port, nothing open to others",
    kept_in="plugins/engine_web/launch.py, settings.py, incoming.py and reports.py",
    run=run,
)
