"""A page that is online and hears nothing: told, swept, opened anew, and at last left to a person."""

from chatgrow_bot.connections.hearing import REOPEN_AFTER, REOPENINGS, WELL_AFTER, Hearing, Step
from chatgrow_bot.health import Health
from chatgrow_bot.messages import ConnectionState, Outbound
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import Faults, settled, turned_until, view

_LONG = int(REOPEN_AFTER) + 1  #: looks until it is opened anew


def deafen(session: FakeSession) -> None:
    session.deaf, session.reason, session.picture = True, "the page's ear is gone", b"PNG"


def after(hearing: Hearing, *, hears: bool, start: float, seconds: int) -> list[Step]:
    """What it says at a look each second, without the looks at which nothing is to be done."""
    looks = (hearing.look(hears=hears, now=start + each) for each in range(seconds))
    return [step for step in looks if step is not Step.NOTHING]


def test_one_that_hears_is_left_alone() -> None:
    assert after(Hearing(), hears=True, start=0, seconds=600) == []


def test_each_new_session_may_hear_before_a_person_is_asked() -> None:
    hearing, start = Hearing(), 0.0
    assert after(hearing, hears=False, start=start, seconds=_LONG) == [Step.TELL, Step.REOPEN]
    for _ in range(REOPENINGS - 1):
        hearing.opened()
        start += 240
        assert after(hearing, hears=False, start=start, seconds=_LONG) == [Step.REOPEN]
    hearing.opened()
    start += 240
    assert after(hearing, hears=False, start=start, seconds=_LONG + 1) == [Step.PERSON] * 2


def test_one_that_has_heard_well_for_long_begins_anew() -> None:
    hearing = Hearing()
    after(hearing, hears=False, start=0, seconds=_LONG)
    hearing.opened()
    seconds = int(WELL_AFTER) + 1
    after(hearing, hears=True, start=240, seconds=seconds)
    assert after(hearing, hears=False, start=3600, seconds=_LONG) == [Step.TELL, Step.REOPEN]


def test_a_deaf_page_is_swept_again_and_again() -> None:
    hearing = Hearing()
    swept = []
    for each in range(40):
        hearing.look(hears=False, now=each)
        if hearing.sweeps(each):
            swept.append(each)
    assert swept == [0, 15, 30]


async def test_a_deaf_connection_is_told_swept_opened_anew_and_left_to_a_person(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    bot.engine.on_open = deafen
    session.waiting.append(session.arrival("does anybody hear me?"))
    deafen(session)
    session.inlet.changed()
    await bot.until(lambda conn: conn.execute(inbox.select()).all())
    health = bot.running.hub.health
    assert isinstance(health, Health)
    [report] = await health.reports()
    assert (report.state, report.is_healthy, report.can_receive) == (ConnectionState.ONLINE, False, False)
    assert report.reason == "nothing comes in: the page's ear is gone"
    assert report.can_send
    await turned_until(bot, clock, lambda: bot.engine.times == 1 + REOPENINGS, step=4)
    assert "the page's ear is gone" in await Faults.heard_of("messages may not come in")
    await turned_until(
        bot, clock, lambda: any("Look at the connection" in each for each in Faults.heard), step=4
    )
    shown = await view(bot)
    assert (shown.state, shown.picture_at is None) == (ConnectionState.ACTION_REQUIRED, False)
    assert [each for each in Faults.heard if "may not come in" in each] == Faults.heard[:1]
    again = bot.engine.opened["shop"]
    again.deaf, again.reason = False, ""
    again.inlet.changed()
    await bot.reaches("shop", ConnectionState.ONLINE)
    assert bot.engine.times == 1 + REOPENINGS


async def test_a_message_that_is_being_sent_is_finished_before_a_deaf_session_is_closed(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    session.gate.clear()
    deafen(session)
    message = Outbound(to="15551230001@c.us", text="hello")
    await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")
    await session.sending.wait()
    for _ in range(50):
        clock.advance(5)
        await bot.running.ground.db.write(lambda conn: None)
    assert bot.engine.times == 1
    session.gate.set()
    await turned_until(bot, clock, lambda: bot.engine.times == 2, step=4)
    await settled(bot, lambda: session.page)
    assert len(session.sent) == 1
