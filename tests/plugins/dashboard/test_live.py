"""What a person sees: the list that changes by itself, the code to scan, and the way in and out."""

import io

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from chatgrow_bot.messages import ConnectionState

from .conftest import CODE, PASSWORD, Console

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def scanned(page: Page) -> str:
    """What a phone's camera reads off the screen."""
    shot = Image.open(io.BytesIO(await page.locator("img.qr").screenshot()))
    [found] = zxingcpp.read_barcodes(shot)
    return str(found.text)


async def stays(page: Page) -> None:
    """Leave a mark that a page loaded anew would not have."""
    await page.evaluate("window.stayed = true")


async def test_one_logs_in_and_out(console: Console) -> None:
    who = await console.user()
    page = await console.page(path="/console")
    await expect(page).to_have_url(f"{console.url}/console/login")
    await page.get_by_label("User name").fill(who.username)
    await page.get_by_label("Password").fill("wrong password")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("Wrong user name or password")
    await expect(page.get_by_label("User name")).to_have_value(who.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="No number is linked yet")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page).to_have_url(f"{console.url}/console/login")
    await page.goto(f"{console.url}/console")
    await expect(page).to_have_url(f"{console.url}/console/login")


async def test_the_list_follows_the_connections_without_being_loaded_anew(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who, "The shop")
    page = await console.page(who)
    card = page.locator(f"#card-{shop}")
    await expect(card).to_contain_text("Waits to be scanned")
    await stays(page)
    await page.locator(f"#delete-{shop}").focus()
    console.engine.opened[shop].becomes(ConnectionState.ONLINE)
    await expect(card).to_contain_text("Online")
    await expect(card).to_contain_text("+1 555-999-0000")
    await expect(page.locator(f"#delete-{shop}")).to_be_focused()
    other = await console.connection(who, "Another", ConnectionState.ONLINE)
    await expect(page.locator(".card")).to_have_count(2)
    await console.running.hub.connections.delete(who.user_id, other)
    await expect(page.locator(".card")).to_have_count(1)
    assert await page.evaluate("window.stayed")


async def test_a_number_is_added_and_linked_by_its_code(console: Console) -> None:
    who = await console.user()
    page = await console.page(who)
    await page.get_by_role("button", name="Add a number").click()
    await page.get_by_label("Name").fill("The shop")
    await page.get_by_label("Id").fill("linked-shop")
    await page.get_by_role("button", name="Add and show the code").click()
    await expect(page.get_by_role("heading", name="Link The shop")).to_be_visible()
    await expect(page.get_by_text("The code is on its way")).to_be_visible()
    session = await console.session("linked-shop")
    await stays(page)
    session.becomes(ConnectionState.QR, CODE)
    await expect(page.locator("img.qr")).to_be_visible()
    assert await scanned(page) == CODE
    before = await page.locator("img.qr").get_attribute("src") or ""
    session.becomes(ConnectionState.QR, CODE + "renewed")
    await expect(page.locator("img.qr")).not_to_have_attribute("src", before)
    assert await scanned(page) == CODE + "renewed"
    session.becomes(ConnectionState.AUTHENTICATING)
    await expect(page.locator("img.qr")).to_have_count(0)
    await expect(page.get_by_text("WhatsApp is logging in")).to_be_visible()
    session.becomes(ConnectionState.ONLINE)
    await expect(page.get_by_role("heading", name="Linked")).to_be_visible()
    assert await page.evaluate("window.stayed")
    assert "data:image/png" not in await page.content()


async def test_what_is_filled_in_wrongly_is_kept_and_explained(console: Console) -> None:
    who, other = await console.user(), await console.user()
    taken = await console.connection(other)
    page = await console.page(who, "/console/new")
    await page.get_by_label("Name").fill("Mine")
    await page.get_by_label("Id").fill(taken)
    await page.get_by_role("button", name="Add and show the code").click()
    await expect(page.get_by_role("alert").first).to_contain_text("This id is taken")
    await expect(page.get_by_label("Name")).to_have_value("Mine")


async def test_a_connection_is_deleted_only_after_a_question(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who, state=ConnectionState.ONLINE)
    page = await console.page(who)
    await page.locator(f"#delete-{shop}").click()
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text("Delete The shop?")
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await page.locator(f"#delete-{shop}").click()
    await question.get_by_role("button", name="Keep it").click()
    await expect(question).to_have_count(0)
    assert shop in console.views
    await page.locator(f"#delete-{shop}").click()
    await question.get_by_role("button", name="Delete it").click()
    await expect(page.get_by_role("heading", name="No number is linked yet")).to_be_visible()
    assert shop not in console.views


async def test_an_unlinked_number_is_linked_anew_and_a_lost_one_is_connected_again(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who, state=ConnectionState.ONLINE)
    page = await console.page(who)
    unlinked = console.engine.opened[shop]
    unlinked.becomes(ConnectionState.LOGGED_OUT)
    await page.get_by_role("button", name="Link again").click()
    await expect(page.get_by_role("heading", name="Link The shop")).to_be_visible()
    linked = await console.another(unlinked, shop)
    linked.becomes(ConnectionState.QR, CODE)
    assert await scanned(page) == CODE
    linked.becomes(ConnectionState.ONLINE)
    await page.goto(f"{console.url}/console")
    await page.get_by_role("button", name="Reconnect").click()
    await console.another(linked, shop)


async def test_a_number_is_linked_by_a_code_that_is_typed_on_the_phone(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who)
    page = await console.page(who, f"/console/connections/{shop}/link")
    await page.get_by_text("Link with a code instead").click()
    await page.get_by_label("Phone number").fill("12")
    await page.get_by_role("button", name="Get a code").click()
    await expect(page.locator("#notice")).to_contain_text("The phone number is not complete")
    await page.get_by_label("Phone number").fill("+972 50 123 4567")
    await page.get_by_role("button", name="Get a code").click()
    await expect(page.locator(".pairing")).to_have_text("CODE0001")
    await expect(page.locator("#notice")).to_be_empty()
    await expect(page.locator("img.qr")).to_have_count(0)
    await expect(page.locator(".pairing")).to_be_visible()  # the stream has not swept it away
    console.engine.opened[shop].becomes(ConnectionState.ONLINE)
    await expect(page.get_by_role("heading", name="Linked")).to_be_visible()
    await expect(page.locator(".pairing")).to_have_count(0)


async def test_a_link_page_says_when_its_connection_is_deleted_or_its_code_ran_out(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who)
    page = await console.page(who, f"/console/connections/{shop}/link")
    await expect(page.locator("img.qr")).to_be_visible()
    ended = console.engine.opened[shop]
    ended.reason = "its QR code was not scanned"
    ended.becomes(ConnectionState.DISCONNECTED)
    await expect(page.get_by_text("its QR code was not scanned")).to_be_visible()
    await page.get_by_role("button", name="Show a new code").click()
    (await console.another(ended, shop)).becomes(ConnectionState.QR, CODE)
    assert await scanned(page) == CODE
    await console.running.hub.connections.delete(who.user_id, shop)
    await expect(page.get_by_role("heading", name="There is no such connection")).to_be_visible()
