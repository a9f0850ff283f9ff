"""What strangers, or a WhatsApp Web of another day, put into messages: it costs one message at most, and
never the sweep, without which the connection would not come online again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from chatgrow_bot.engine import Arrival
from chatgrow_bot.messages import Kind

from .conftest import Chat, browser_page, chat_of, part

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Changes a message that the page has, by the rest of its key; the values are JavaScript.
CHANGE = """([key, fields]) => {
    const msg = WPP.whatsapp.MsgStore.get(`false_${key}`);
    for (const [name, value] of Object.entries(fields))
        Object.defineProperty(msg, name, { value: eval(`(${value})`), configurable: true, writable: true });
}"""
#: Somebody says something new in a chat, with these fields, also JavaScript.
ADD = """async ([chat, fields]) => {
    const [from, to] = [WPP.whatsapp.WidFactory.createWid(chat), WPP.conn.getMyUserId()];
    const id = WPP.whatsapp.MsgKey.fromString(`false_${chat}_3A${crypto.randomUUID().slice(0, 8)}`);
    const values = Object.entries(fields).map(([name, value]) => [name, eval(`(${value})`)]);
    const more = Object.fromEntries(values);
    const base = { id, type: 'chat', t: Math.floor(Date.now() / 1000), from, to, isNewMsg: true };
    await WPP.whatsapp.MsgStore.processMultipleMessages(from, [{ ...base, ...more }]);
}"""


async def swept(chat: Chat) -> list[Arrival]:
    """What a sweep brings of this customer."""
    since = datetime.now(UTC) - timedelta(minutes=1)
    arrivals = [arrival async for arrival in chat.session.sweep(since)]
    return [each for each in arrivals if each.chat == chat_of(chat.customer)]


async def written(chat: Chat, text: str) -> str:
    """Something this customer wrote, as the page has it: the rest of its key."""
    message = await chat.customer.write(chat.world.shop, text)
    await chat.until(lambda: any(each.wa_id == message.id for each in chat.heard()))
    return f"{chat_of(chat.customer)}_{message.id}"


@asynccontextmanager
async def instead_of_messages(chat: Chat, code: str) -> AsyncIterator[None]:
    """What the page does when asked for this customer's messages."""
    page = browser_page(chat.session)
    await page.evaluate(
        """([chat, code]) => {
            window.__whole = WPP.chat.getMessages;
            const value = (id, ...rest) => id === chat ? new Function(code)() : __whole(id, ...rest);
            Object.defineProperty(WPP.chat, 'getMessages', { configurable: true, value });
        }""",
        [chat_of(chat.customer), code],
    )
    try:
        yield
    finally:
        await page.evaluate(
            "() => Object.defineProperty(WPP.chat, 'getMessages', { configurable: true, value: __whole })"
        )


@pytest.mark.parametrize(
    "fields",
    [
        {
            "body": "'@12 hi'",
            "mentionedJidList": "[WPP.whatsapp.WidFactory.createWid('120363012345678901@g.us')]",
        },
        {"body": "'hi'", "quotedStanzaID": "'no id\\ud800 ' + 'x'.repeat(500)"},
        {"body": "'hi'", "mentionedJidList": "{}"},
        {"type": "'document'", "caption": "'hi'", "size": "2 ** 64"},
        {"type": "'poll_creation'", "pollName": "'hi'", "pollOptions": "({})"},
        {"body": "'hi \\u202e\\ud800\\u0000' + 'x'.repeat(1e6)", "notifyName": "'\\udfff'.repeat(1e4)"},
    ],
)
async def test_a_hostile_message_arrives_live_and_by_the_sweep(chat: Chat, fields: dict[str, str]) -> None:
    await written(chat, "before")
    await browser_page(chat.session).evaluate(ADD, [chat_of(chat.customer), fields])
    await written(chat, "after")
    assert len(chat.heard()) == 3
    assert [each.text for each in await swept(chat)][::2] == ["before", "after"]


async def test_a_message_that_cannot_be_read_at_all_keeps_out_no_other_one(chat: Chat) -> None:
    await written(chat, "before")
    key = await written(chat, "odd")
    await written(chat, "after")
    await browser_page(chat.session).evaluate(CHANGE, [key, {"t": "2 ** 40"}])
    assert [each.text for each in await swept(chat)] == ["before", "after"]


async def test_a_report_that_cannot_be_written_down_stops_none_behind_it(chat: Chat) -> None:
    await browser_page(chat.session).evaluate(ADD, [chat_of(chat.customer), {"t": "1790000000n"}])
    await written(chat, "after")
    assert [each.text for each in chat.heard()] == ["after"]


async def test_a_chat_that_cannot_be_read_keeps_out_no_other_and_is_read_later(chat: Chat) -> None:
    await written(chat, "hidden")
    before = len(chat.world.inlet.troubles)
    async with instead_of_messages(chat, "throw new Error('no')"):
        assert await swept(chat) == []
    assert "could not be read" in chat.world.inlet.troubles[before]
    note = part("unswept").Unswept(chat.world.folder / "shop" / "unswept")  # as the next session will see it
    assert chat_of(chat.customer) in note.with_these([], 0)
    await chat.session.mark_read(chat_of(chat.customer))
    later = datetime.now(UTC) + timedelta(days=5)
    texts = [each.text async for each in chat.session.sweep(later)]
    assert "hidden" in texts


@pytest.mark.slow
async def test_a_chat_in_which_looking_back_hangs_is_told_as_far_as_the_page_has_it(chat: Chat) -> None:
    await written(chat, "at hand")
    async with instead_of_messages(chat, "return new Promise(() => {})"):
        assert [each.text for each in await swept(chat)] == ["at hand"]
    await chat.session.mark_read(chat_of(chat.customer))
    later = datetime.now(UTC) + timedelta(days=5)
    assert "at hand" in [each.text async for each in chat.session.sweep(later)]  # it was not taken for all
    assert "at hand" not in [each.text async for each in chat.session.sweep(later)]


async def test_a_remark_dated_in_the_future_is_dated_now(chat: Chat) -> None:
    key = await written(chat, "first")
    fields = {
        "latestEditMsgKey": f"WPP.whatsapp.MsgKey.fromString('false_{key}E')",
        "latestEditSenderTimestampMs": "1e20",
    }
    await browser_page(chat.session).evaluate(CHANGE, [key, fields])
    edit = next(each for each in await swept(chat) if each.kind is Kind.EDIT)
    assert abs(edit.sent_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_deleted_message_kept_under_another_id_is_told_by_its_own(chat: Chat) -> None:
    key = await written(chat, "regretted")
    fields = {
        "type": "'revoked'",
        "protocolMessageKey": f"WPP.whatsapp.MsgKey.fromString('false_{chat_of(chat.customer)}_3AF00D')",
    }
    await browser_page(chat.session).evaluate(CHANGE, [key, fields])
    assert [(each.kind, each.about) for each in await swept(chat)] == [(Kind.DELETION, "3AF00D")]


async def test_remarks_arrive_at_an_account_that_has_no_linked_id(chat: Chat) -> None:
    page = browser_page(chat.session)
    await page.evaluate(
        """() => {
            window.__lid = WPP.whatsapp.UserPrefs.getMeLidUserOrThrow;
            WPP.whatsapp.UserPrefs.getMeLidUserOrThrow = () => { throw new Error('none'); };
        }"""
    )
    try:
        message = await chat.customer.write(chat.world.shop, "first")
        await chat.customer.edit(message, "second")
        await chat.until(lambda: any(each.kind is Kind.EDIT for each in chat.heard()))
    finally:
        await page.evaluate("() => { WPP.whatsapp.UserPrefs.getMeLidUserOrThrow = __lid; }")
