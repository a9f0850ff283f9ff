"""The QR code in each of its forms, read back by an independent decoder."""

import asyncio
import base64
import io
from typing import Any

import zxingcpp
from PIL import Image

from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeSession

from .conftest import CONNECTIONS, Api

QR = f"{CONNECTIONS}/shop/qr"
PAIRING = f"{CONNECTIONS}/shop/pairing-code"
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


async def test_a_code_that_is_still_to_come_is_waited_for_and_then_to_be_asked_for_again(api: Api) -> None:
    api.engine.on_open = lambda session: session.becomes(ConnectionState.STARTING)
    await api.create("shop")
    async with asyncio.timeout(20):
        while "shop" not in api.engine.opened:
            await api.ask("GET", f"{CONNECTIONS}/shop")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        pairing = api.ask("POST", PAIRING, json={"phoneNumber": "+14155550123"})
        asking = [group.create_task(each) for each in (api.ask("GET", QR), pairing)]
        while not all(each.done() for each in asking):
            await api.ask("GET", f"{CONNECTIONS}/shop")
            api.clock.advance(5)
    for each in asking:
        answer = each.result()
        assert answer.is_problem(503, "Connection not ready")
        assert answer.headers["Retry-After"] == "5"
        assert answer.body["state"] == "starting"
        assert answer.body["detail"].endswith("ask again.")
    assert api.clock.monotonic() >= 30
    api.engine.opened["shop"].becomes(ConnectionState.QR, CODE)
    assert (await api.ask("GET", QR)).body["code"] == CODE


async def test_a_linked_connection_that_starts_will_show_no_code(api: Api) -> None:
    session = await api.connect("shop")
    api.engine.on_open = lambda session: session.becomes(ConnectionState.STARTING)
    session.dead = True
    session.inlet.changed()
    await api.until("operator", "shop", ConnectionState.STARTING)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        asking = group.create_task(api.ask("GET", QR))
        while not asking.done():
            await api.ask("GET", f"{CONNECTIONS}/shop")
            api.clock.advance(5)
    assert asking.result().is_problem(409, "Connection not ready")


async def test_a_viewer_does_not_see_the_code(api: Api) -> None:
    await waiting_to_be_linked(api)
    assert (await api.ask("GET", QR, "viewer")).is_problem(403, "Not allowed")
    assert (await api.ask("GET", QR, "stranger")).is_problem(404, "Connection not found")
