"""A folder that may be read, with honest files and every kind of trap in it; what must never be read beside
it; and the paths that try."""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

#: What stands in whatever must not be read, and nowhere else.
CANARY = b"canary-7f3a9c51-must-never-be-read"
HONEST = (b"%PDF-1.4 honest", b"%PDF-1.4 honest too")
_HEBREW = "\u05e9\u05dc\u05d5\u05dd b.pdf"

_ODD_TEXT = r"""
    . .. / // ./. ../ .../x ~ ~/menu.pdf ~root/.ssh/id_rsa $HOME/menu.pdf ${PWD}/menu.pdf %2e%2e/secret/file
    ..%2fsecret%2ffile ..%252fsecret%252ffile %2e%2e%2fsecret%2ffile ..;/secret/file ..%c0%afsecret%c0%affile
    ..\secret\file ..\\secret\\file C:\Windows\win.ini \\server\share\x //server/share/x \\?\C:\x
    file:///etc/passwd file:/etc/passwd file:menu.pdf FILE:///etc/passwd http://127.0.0.1/x data:,x
    /etc/passwd //etc/passwd ///etc/passwd /./etc/passwd /etc/./passwd /etc/passwd/ /etc/passwd/. /etc
    /etc/shadow /etc/hostname /root/.ssh/id_rsa /proc/self/environ /proc/self/cmdline /proc/self/maps
    /proc/self/mem /proc/self/exe /proc/self/cwd /proc/self/cwd/secret/file /proc/self/root/etc/passwd
    /proc/1/environ /proc/1/root/etc/passwd /proc/thread-self/environ /proc/kcore /proc/kmsg /proc/version
    /proc/sys/kernel/random/uuid /sys/kernel/uevent_helper /sys/class/net/lo/address
    /dev/zero /dev/full /dev/null /dev/random /dev/urandom /dev/tty /dev/stdin /dev/stdout /dev/ptmx /dev/mem
    /dev/fd/0 /dev/fd/1 /dev/shm /run /tmp /
    link relative-link inner-link folder-link folder-link/file sub/folder-link sub/folder-link/file environ
    fds root root/etc/passwd cwd cwd/etc/passwd loop loop/x chain hardlink sub/hardlink pipe sub/pipe socket
    zero sub sub/ sub/. sub/deep sub/deep/ menu.pdf/ menu.pdf/. menu.pdf/x menu.pdf/../menu.pdf missing
    sub/missing missing/../menu.pdf missing/menu.pdf ../media/menu.pdf ../secret/file sub/../../secret/file
    ./../secret/file sub/deep/../../../secret/file ../secret/../secret/file ../sessions/chatgrow.db
    ../config/chatgrow.yaml *.pdf m?nu.pdf [m]enu.pdf {menu,x}.pdf menu.pdf;x menu.pdf|x `id` $(id)
"""
_ODD = _ODD_TEXT.split()
_SPACED = (
    "", " ", "menu.pdf ", " menu.pdf", "menu.pdf\n", "menu.pdf\r\n", "\tmenu.pdf", "menu.pdf\0", "\0",
    "menu.pdf\0.png", "../secret/file\0.pdf", "menu.pdf\0/../../secret/file", "\uff0e\uff0e/secret/file",
    "..\uff0fsecret\uff0ffile", "..\u2215secret\u2215file", "..\u2044secret\u2044file",
    "\u202e..\u202c/secret/file", "menu\u200b.pdf", "me\u0300nu.pdf", "MENU.PDF", "\ufeffmenu.pdf", "\ud800",
    "\udc80", "x" * 255, "x" * 256, "x" * 4096, "x/" * 2000 + "x", "../" * 1000 + "etc/passwd", "sub/" * 900,
    "./" * 2000 + "menu.pdf/", "/" * 4000, "a" * 60_000,
)  # fmt: skip
_PIECES_TEXT = """
    .. ../ . ./ menu.pdf sub deep sub/deep link folder-link file secret media sessions config hardlink pipe
    zero root cwd loop environ fds chain etc/passwd proc/self/environ proc/self/fd/3 dev/zero chatgrow.db é
"""
_PIECES = _PIECES_TEXT.split()


@dataclass(frozen=True, slots=True)
class Place:
    """What was laid out."""

    folder: Path

    @property
    def root(self) -> Path:
        """The folder that may be read."""
        return self.folder / "media"

    @property
    def secret(self) -> Path:
        """What may not."""
        return self.folder / "secret"

    def good(self) -> Sequence[str]:
        """Every way to name the honest files."""
        inside = (
            "menu.pdf",
            "./menu.pdf",
            "sub/deep/\u05e9\u05dc\u05d5\u05dd b.pdf",
            "sub//deep/./plain.pdf",
        )
        return [*inside, *(f"{self.root}/{each}" for each in inside)]

    def fixed(self, descriptors: Sequence[int], foreign: Sequence[Path]) -> Sequence[str]:
        """200 paths and more that people have tried; among them open files of the hub and `foreign` ones."""
        below = [f"{self.root}/{each}" for each in _ODD if not each.startswith(("/", "file:", "http:"))]
        around = [f"{self.root}/../media/{each}" for each in ("menu.pdf", "sub/deep/plain.pdf")]
        handles = [f"/proc/self/fd/{each}" for each in descriptors]
        handles += [f"/proc/{os.getpid()}/fd/{each}" for each in descriptors[:4]]
        secret = [str(self.secret / "file"), f"/proc/self/root{self.secret}/file", f"/{self.secret}/file"]
        return [*_ODD, *_SPACED, *below, *around, *handles, *secret, *map(str, foreign)]

    def made_up(self, count: int, chance: Random) -> Iterator[str]:
        """Paths of pieces, put together at random."""
        return islice(self._endless(chance), count)

    def _endless(self, chance: Random) -> Iterator[str]:
        prefixes = (
            "",
            "",
            "/",
            "//",
            f"{self.root}/",
            f"{self.folder}/",
            "/proc/self/",
            "file://",
            "~/",
            "./",
        )
        odd = ("\0", "%00", " ", "\u202e", "\\", "%2e%2e%2f", "\uff0e\uff0e/", "\n", ";", "é")
        while True:
            pieces = chance.choices(_PIECES, k=chance.randint(1, 8))
            if chance.random() < 0.2:
                pieces.insert(chance.randrange(len(pieces) + 1), chance.choice(odd))
            if chance.random() < 0.01:
                pieces *= 300
            yield chance.choice(prefixes) + chance.choice(("/", "/", "//", "/./", "")).join(pieces)


def lay(folder: Path) -> Place:
    """Make it all."""
    place = Place(folder)
    root, secret = place.root, place.secret
    (secret / "deep").mkdir(parents=True)
    for each in (secret / "file", secret / "deep" / "file", secret / "lent", secret / "lent too"):
        each.write_bytes(b"%PDF-1.4 " + CANARY)
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "menu.pdf").write_bytes(HONEST[0])
    (root / "sub" / "deep" / _HEBREW).write_bytes(HONEST[1])
    (root / "sub" / "deep" / "plain.pdf").write_bytes(HONEST[1])
    links: dict[str, str | Path] = {
        "link": secret / "file", "relative-link": "../secret/file", "folder-link": secret,
        "sub/folder-link": "../../secret/deep", "inner-link": "menu.pdf", "environ": "/proc/self/environ",
        "fds": "/proc/self/fd", "root": "/", "cwd": "/proc/self/root", "loop": "loop", "chain": "link",
        "zero": "/dev/zero",
    }  # fmt: skip
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.link(secret / "lent", root / "hardlink")
    os.link(secret / "lent too", root / "sub" / "hardlink")
    for name in ("pipe", "sub/pipe"):
        os.mkfifo(root / name)
    here = Path.cwd()
    try:
        os.chdir(root)  # the name of a socket has 108 bytes at most
        with closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind("socket")
    finally:
        os.chdir(here)
    return place
