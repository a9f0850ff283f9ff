"""What order_status does, in a real hub that one can talk to: `bot` comes with chatgrow-bot[testing]."""

from chatgrow_bot.testing import TalkingBot

ORDERS = {"orders": {"17": "is being baked"}}


async def test_a_customer_asks_for_an_order(bot: TalkingBot) -> None:
    await bot.start("order_status", order_status=ORDERS)
    assert await bot.say("Order 17") == ["Order 17: is being baked."]
    assert await bot.say("order 99") == ["I know no order 99. Please check the number."]


async def test_everything_else_is_left_to_others(bot: TalkingBot) -> None:
    await bot.start("order_status", order_status=ORDERS)
    assert await bot.say("I want to order a cake") == []
    assert await bot.say("order") == []


async def test_its_word_is_a_setting(bot: TalkingBot) -> None:
    await bot.start("order_status", order_status={**ORDERS, "word": "bestellung"})
    assert await bot.say("Bestellung 17") == ["Order 17: is being baked."]
