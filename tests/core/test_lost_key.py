"""A lost secret.key: what was sealed with it is not given up in silence."""

import pytest

from chatgrow_bot.testing import TalkingBot
from chatgrow_bot.vault import FILE
from chatgrow_bot.webhook_keys import SealedElsewhere


async def test_a_hub_whose_keys_it_cannot_open_does_not_start_until_one_or_the_other_is_there(
    bot: TalkingBot,
) -> None:
    await bot.start()
    await bot.connect()
    fresh = await bot.running.hub.webhook_keys.make(bot.admin.user_id, "shop")
    await bot.stop()
    file = bot.folder / "sessions" / FILE
    kept = file.read_bytes()
    file.unlink()
    with pytest.raises(SealedElsewhere, match=r"shop.*secret\.key.*webhook-key remove"):
        await bot.start()
    with pytest.raises(SealedElsewhere):
        await bot.start()  # and the one that was made meanwhile is not taken for it
    file.write_bytes(kept)
    await bot.start()
    await bot.running.hub.webhook_keys.remove(bot.admin.user_id, "shop", fresh.key.id)
    await bot.stop()
    file.unlink()
    await bot.start()  # nothing is lost
