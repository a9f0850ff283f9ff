"""The QR code in each of its forms, read back by an independent decoder."""

import base64
import io
from typing import Any

import zxingcpp
from PIL import Image

from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeSession

from .conftest import CONNECTIONS, Api

QR = f"{CONNECTIONS}/shop/qr"
CODE = "2@" + "Xy7+/=" * 30 + ",a,b,c,1"


async def waiting_to_be_linked(api: Api) -> None:
    def show(session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, CODE

    api.engine.on_open = show
    await api.create("shop")
    await api.until("operator", "shop", ConnectionState.QR)


def read(picture: Image.Image) -> str:
    [found] = zxingcpp.read_barcodes(picture)
    return str(found.text)


def drawn(text: str) -> Image.Image:
    """Half blocks as a picture: light on dark, two rows a line."""
    lines = text.splitlines()
    picture = Image.new("L", (max(map(len, lines)), 2 * len(lines)))
    for row, line in enumerate(lines):
        for column, block in enumerate(line):
            picture.putpixel((column, 2 * row), 255 if block in "█▀" else 0)
            picture.putpixel((column, 2 * row + 1), 255 if block in "█▄" else 0)
    return picture.resize((picture.width * 8, picture.height * 8))


async def test_each_form_shows_the_code(api: Api) -> None:
    await waiting_to_be_linked(api)

    async def ask(accept: str) -> Any:
        answer = await api.ask("GET", QR, headers={"Accept": accept})
        assert answer.status == 200
        assert answer.headers["Content-Type"].partition(";")[0] == accept
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Vary"] == "Accept"
        return answer.body

    as_json = await ask("application/json")
    assert as_json.keys() == {"qrCode", "code", "expiresAt"}
    assert as_json["code"] == CODE
    kind, _, data = as_json["qrCode"].partition(",")
    assert kind == "data:image/png;base64"
    assert read(Image.open(io.BytesIO(base64.b64decode(data)))) == CODE
    assert read(Image.open(io.BytesIO(await ask("image/png")))) == CODE
    assert read(drawn((await ask("text/plain")).decode())) == CODE
    svg = (await ask("image/svg+xml")).decode()
    assert svg.startswith("<?xml")
    assert "<script" not in svg


async def test_without_a_wish_it_is_json_and_an_impossible_wish_is_told_what_there_is(api: Api) -> None:
    await waiting_to_be_linked(api)
    for accept in ("*/*", "", "application/*;q=0.5, image/*;q=0.1", "garbage"):
        assert "code" in (await api.ask("GET", QR, headers={"Accept": accept})).body
    answer = await api.ask("GET", QR, headers={"Accept": "video/mp4, application/json;q=0"})
    assert answer.is_problem(406, "Not acceptable")
    assert "image/svg+xml" in answer.body["detail"]
    # a problem keeps its own type, whatever was wished for
    missing = await api.ask("GET", f"{CONNECTIONS}/none/qr", headers={"Accept": "image/png"})
    assert missing.is_problem(404, "Connection not found")


async def test_a_connection_without_a_code_says_its_state_and_what_to_do(api: Api) -> None:
    await api.connect("shop")
    answer = await api.ask("GET", QR)
    assert answer.is_problem(409, "Connection not ready")
    assert "online" in answer.body["detail"]


async def test_a_viewer_does_not_see_the_code(api: Api) -> None:
    await waiting_to_be_linked(api)
    assert (await api.ask("GET", QR, "viewer")).is_problem(403, "Not allowed")
    assert (await api.ask("GET", QR, "stranger")).is_problem(404, "Connection not found")
