"""Runs the hub: what `make run` calls.

As root, for live WhatsApp, it becomes the user `chatgrow` first, whom it makes once: the browser that
strangers write to has its sandbox only where it is not root's. That user is given the folders of sessions and
logs, and nothing else.
"""

import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from chatgrow_bot.config import InvalidConfig, Settings, load
from chatgrow_bot.store.folder import holder

USER = "chatgrow"
HOME = Path("/var/lib/chatgrow")
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Become whoever should run the hub, and run it."""
    os.chdir(ROOT)
    chatgrow = str(ROOT / ".venv" / "bin" / "chatgrow")
    try:
        settings = load(Path("config/chatgrow.yaml"), os.environ).settings
    except InvalidConfig:
        os.execv(chatgrow, [chatgrow, "check"])  # it says what is wrong
    if os.geteuid() != 0 or not meets_whatsapp(settings):
        os.execv(chatgrow, [chatgrow, "run"])
    if obstacle := cannot_run(settings):  # whoever runs it; before anything is made for him
        sys.exit(obstacle)
    account = made_account()
    folders = (settings.session_dir, settings.logs_dir)
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if obstacle := in_the_way(account, (Path(sys.base_prefix), ROOT, *(each.parent for each in folders))):
        sys.exit(f"Root's browser has no sandbox, so the hub runs as the user {USER}, who {obstacle}")
    for folder in folders:
        hand_over(folder, account)
    become(account)
    print(f"The hub runs as the user {USER}, so that the browser has its sandbox.", flush=True)
    os.execv(chatgrow, [chatgrow, "run"])


def meets_whatsapp(settings: Settings) -> bool:
    """Whether a browser will be opened to the true WhatsApp, rather than to the stand-in or not at all."""
    return any(
        entry.enabled
        and (entry.plugin or name) == "engine_web"
        and not (entry.model_extra or {}).get("simulator")
        for name, entry in settings.plugins.items()
    )


def cannot_run(settings: Settings) -> str:
    """What keeps the hub from running here, whoever runs it, and what to do; empty when nothing does."""
    if who := holder(settings.session_dir):
        return f"A hub runs here already: {who}. Stop that one first."
    try:
        free_to_listen(settings.server.host, settings.server.port)
    except OSError as error:
        at = f"{settings.server.host}:{settings.server.port}"
        return (
            f"Nobody can listen on {at}: {error.strerror or error}. Set server.port in config/chatgrow.yaml."
        )
    for folder in (settings.session_dir, settings.logs_dir):
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            return f"{folder} cannot be made: {there} is no folder to write to."
    return ""


def free_to_listen(host: str, port: int) -> None:
    """Raises OSError when nobody can listen there."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        probe.bind(address)


def made_account() -> pwd.struct_passwd:
    """The user; made when there is none. Nobody can log in as this one."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        command = ("useradd", "--system", "--user-group", "--create-home", "--home-dir", HOME)
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", USER], check=True)
        return pwd.getpwnam(USER)


def in_the_way(account: pwd.struct_passwd, folders: Iterable[Path]) -> str:
    """What the user must do and cannot, and what a person should do about it; empty when he can do all."""
    if door := closed_door(folders, account):
        return f"cannot enter {door}. {way_round(door)}"
    for file in (ROOT / ".env", ROOT / "config" / "secrets.yaml"):
        if file.exists() and not may(stat.S_IROTH, file.stat(), account):
            return f"cannot read {file.relative_to(ROOT)}. Give it to him:\n    chown {USER} {file}"
    tried = subprocess.run(
        [sys.executable, "-c", "import chatgrow_bot.app, playwright.async_api"],
        capture_output=True,
        text=True,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        env=as_seen_by(account, os.environ),
    )
    if tried.returncode:
        why = tried.stderr.strip().rpartition("\n")[2]
        return (
            f"cannot use the code ({why}). Let everybody read it:\n"
            f"    cd {ROOT} && chmod -R go+rX .venv chatgrow_bot plugins"
        )
    return ""


def closed_door(paths: Iterable[Path], account: pwd.struct_passwd) -> Path | None:
    """The first folder on the way to one of these that the user cannot enter."""
    for path in paths:
        for folder in (*reversed(path.resolve().parents), path.resolve()):
            if not may(stat.S_IXOTH, folder.stat(), account):
                return folder
    return None


def may(what: int, found: os.stat_result, account: pwd.struct_passwd) -> bool:
    """Whether a user may do something (S_IROTH, S_IXOTH: read, enter), by owner, group and mode."""
    if found.st_uid == account.pw_uid:
        return bool(found.st_mode & what << 6)
    if found.st_gid in os.getgrouplist(account.pw_name, account.pw_gid):
        return bool(found.st_mode & what << 3)
    return bool(found.st_mode & what)


def way_round(door: Path) -> str:
    """What a person should do about a folder that the user cannot enter."""
    if Path(sys.base_prefix).is_relative_to(door):
        return (
            "The Python of .venv lies there; take the system's, which everybody may use:\n"
            "    apt-get install -y python3-venv && rm -rf .venv && PYTHON=/usr/bin/python3 make run"
        )
    return (
        "Move the hub to where everybody may go:\n"
        f"    mv {ROOT} /opt/chatgrow && cd /opt/chatgrow && rm -rf .venv && make run"
    )


def hand_over(folder: Path, account: pwd.struct_passwd) -> None:
    """Give what root owns in a folder to the user: folders, and files that have no other name elsewhere.
    Whatever is a link stays as it is."""
    for _, _, files, at in os.fwalk(folder):
        for name in (".", *files):
            try:
                opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
            except OSError:  # a link or a socket: who owns the folder may remove it
                continue
            try:
                found = os.fstat(opened)
                only = stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
                if found.st_uid == 0 and only:
                    os.fchown(opened, account.pw_uid, account.pw_gid)
            finally:
                os.close(opened)


def become(account: pwd.struct_passwd) -> None:
    """Be this user from here on, for good."""
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    environment = as_seen_by(account, os.environ)
    os.environ.clear()
    os.environ.update(environment)


def as_seen_by(account: pwd.struct_passwd, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Root's environment, with the user's own places: root's cannot be entered."""
    kept = {name: value for name, value in environment.items() if not name.startswith("XDG_")}
    return {**kept, "HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name}


if __name__ == "__main__":
    main()
