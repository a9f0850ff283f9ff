"""The README's quick start for programs, typed into a shell as it stands. Only the phone is not there: its
part, to scan the code, is played by the fake engine."""

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.messages import ConnectionState, Kind, State
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeSession, TalkingBot

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
#: Notes what each call answered, and shows its body to nobody.
CURL = """
set -eu -o pipefail
curl() { command curl -sS -w '%{stderr}%{http_code} %{method} %{url}\\n' "$@" 2>>answers; }
"""
#: Where the README's reader takes up the phone: the shell says so, and goes on when it is told to.
SCAN, PAUSE = "\n# messages:", "\necho scan it now; read -r\n"
FILES = {
    "photo.png": (Kind.IMAGE, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"),
    "clip.mp4": (Kind.VIDEO, b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 64),
    "song.mp3": (Kind.AUDIO, b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x64" + b"\0" * 64),
    "menu.pdf": (Kind.DOCUMENT, b"%PDF-1.4\n%%EOF\n"),
}
#: What the issue of the quick start names, and what each call must answer.
CALLS = {
    "POST /connections": 201,
    "GET /connections/shop/qr": 200,
    "GET /connections/shop": 200,
    "PUT /connections/shop": 200,
    "GET /connections": 200,
    "POST /connections/shop/send": 202,
    "POST /media": 201,
    "GET /messages/ID": 200,
    "GET /connections/shop/messages": 200,
    "POST /bulk/send": 202,
    "GET /bulk/ID": 200,
    "GET /bulk/ID/results": 200,
    "POST /webhooks": 201,
    "POST /webhook/shop": 202,
    "POST /connections/shop/webhook-keys": 201,
    "GET /stats": 200,
    "GET /health": 200,
    "GET /queue/status": 200,
    "POST /auth/login": 200,
}


def script(port: int) -> str:
    """The quick start as the README prints it, with this hub's address and password."""
    told = (ROOT / "README.md").read_text()
    [block] = re.findall(r"\*\*4\. .*?```bash\n(.*?)```", told, re.DOTALL)
    assert block.count(SCAN) == 1
    here = {
        "http://localhost:3000": f"http://127.0.0.1:{port}",
        "<the password>": PASSWORD,
        SCAN: PAUSE + SCAN,
    }
    for printed, typed in here.items():
        block = block.replace(printed, typed)
    return f"{CURL}{block}"


async def test_every_line_of_the_quick_start_works_as_printed(bot: TalkingBot, tmp_path: Path) -> None:
    def show(session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, "2@abc,def,ghi,1"

    bot.engine.on_open = show
    hub = (
        await bot.start(
            "rest_api", "webhooks", rest_api={"admin": True}, webhooks={"admin": True, "tenants": "all"}
        )
    ).hub
    assert isinstance(hub.accounts, Accounts)
    await hub.accounts.set_password("admin", PASSWORD)
    folder = tmp_path / "shell"
    folder.mkdir()
    for name, (_, content) in FILES.items():
        (folder / name).write_bytes(content)

    async with asyncio.timeout(120):
        shell = await asyncio.create_subprocess_exec(
            "bash", "-c", script(bot.running.port), cwd=folder, stdin=PIPE, stdout=PIPE, stderr=STDOUT
        )
        assert shell.stdout
        before = await shell.stdout.readuntil(b"scan it now\n")
        bot.engine.opened["shop"].becomes(ConnectionState.ONLINE)
        await bot.reaches("shop", ConnectionState.ONLINE)
        after, _ = await shell.communicate(b"\n")
    assert shell.returncode == 0, (before + after).decode()

    answers = [line.split() for line in (folder / "answers").read_text().splitlines()]
    told = [(f"{method} {_template(url)}", int(status)) for status, method, url in answers]
    assert dict(told) == CALLS
    assert [status for _, status in told] == [CALLS[call] for call, _ in told]
    assert (folder / "qr.png").read_bytes().startswith(b"\x89PNG")
    sent = select(func.count()).select_from(outbox).where(outbox.c.state == State.SENT)
    await bot.until(lambda conn: conn.execute(sent).scalar_one() == 8, seconds=20)
    parcels = bot.engine.opened["shop"].sent
    kinds = [parcel.media.kind if parcel.media else Kind.TEXT for parcel in parcels]
    assert Counter(kinds) == Counter([Kind.TEXT] * 4 + [kind for kind, _ in FILES.values()])
    said = {parcel.text for parcel in parcels}
    assert {f"Dear {name}, we close at six on Friday" for name in ("Dana", "Noam")} < said


def _template(url: str) -> str:
    path = re.sub(r"https?://[^/]+/api(/whatsapp)?|\?.*", "", url)
    return re.sub(r"[0-9a-f]{32}", "ID", path)
