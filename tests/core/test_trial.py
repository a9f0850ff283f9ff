"""After a death, the messages that may be the cause are tried one at a time; nobody else waits for them."""

import asyncio

from chatgrow_bot.outbox.trial import Trial


def trial_of(**suspects: str) -> Trial:
    trial = Trial()
    trial.suspect(suspects)
    return trial


async def take(trial: Trial, connection_id: str, message_id: str) -> bool:
    """Take a message, which needs a moment."""
    async with trial.taking(connection_id) as may:
        await asyncio.sleep(0)
        if may:
            trial.begin(message_id)
        return may


async def test_of_suspects_taken_side_by_side_one_is_tried_and_the_other_is_not_even_taken() -> None:
    trial = trial_of(first="shop0", second="shop1")
    first, second = await asyncio.gather(take(trial, "shop0", "first"), take(trial, "shop1", "second"))
    assert first
    assert not second
    assert await take(trial, "shop0", "an innocent behind it") is False  # it could have been the second
    trial.end("first")
    assert await take(trial, "shop1", "second")


async def test_whoever_takes_no_suspect_keeps_nobody_waiting() -> None:
    trial = trial_of(first="shop0", second="shop1")
    assert all(await asyncio.gather(take(trial, "shop0", "innocent"), take(trial, "shop1", "second")))
    assert await take(trial, "shop2", "of a connection without any")


async def test_a_suspect_is_not_looked_up_beside_another_and_one_acquitted_is_none() -> None:
    trial = trial_of(first="shop0", second="shop1")
    async with trial.of("first", "shop0") as may:
        assert may
        async with trial.of("second", "shop1") as beside:
            assert not beside
        assert await take(trial, "shop1", "second") is False  # what was refused has ended nobody else's turn
        trial.acquit("second")
        assert await take(trial, "shop1", "second")
    async with trial.of("first", "shop0") as again:
        assert again
