"""Our own history, replayed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chatgrow_bot.hub import Written
from chatgrow_bot.messages import Delivery, Inbound, Kind, Lane, Outbound, Priority, State
from chatgrow_bot.payloads import Vote

from .conftest import ZONE, Write, of

BEGIN = datetime(2026, 3, 5, 10, tzinfo=UTC)
DANA = "14155550123@c.us"


def came(minutes: int, text: str, *, from_me: bool = False, vote: str = "", about: str = "") -> Written:
    at = BEGIN + timedelta(minutes=minutes)
    message = Inbound(
        id=f"in-{minutes}",
        tenant="t",
        connection_id="shop",
        chat=DANA,
        from_me=from_me,
        wa_id=f"in-{minutes}",
        kind=Kind.VOTE if vote else Kind.TEXT,
        text=text,
        payload=Vote(options=(vote,)) if vote else None,
        about=about,
        sent_at=at,
        received_at=at,
    )
    return Written(message=message, content=message)


def went(minutes: int, text: str, state: State = State.READ) -> Written:
    at = BEGIN + timedelta(minutes=minutes)
    message = Delivery(
        id=f"out-{minutes}",
        tenant="t",
        connection_id="shop",
        chat=DANA,
        wa_id=f"out-{minutes}",
        kind=Kind.TEXT,
        lane=Lane.SEND,
        priority=Priority.NORMAL,
        state=state,
        created_at=at,
        due=at,
        expires_at=at,
        updated_at=at,
    )
    return Written(message=message, content=Outbound(to=DANA, text=text))


@pytest.fixture
def history(folder: Path) -> Callable[..., Result]:
    """`chatgrow replay --history shop` of these messages."""

    def history(*written: Written) -> Result:
        word = of("replay.cli").replay_command(folder, lambda: of("loading").Setting(zone=ZONE))

        @click.group()
        @click.pass_context
        def words(ctx: click.Context) -> None:
            ctx.meta[of("replay.history").HISTORY] = lambda connection, since: ("t", written)

        words.add_command(word)
        return CliRunner().invoke(words, ["replay", "--history", "shop"])

    return history


def test_what_came_meets_the_rules_and_what_was_sent_is_the_truth(
    write: Write, history: Callable[..., Result]
) -> None:
    write(
        "rules",
        """\
connections: shop
rules:
  - {id: hours, when: {text: {any: [open]}}, reply: Nine to five}
  - {id: voted, when: {poll: Cheese}, reply: Noted}
  - {id: quoted, when: {replyToUs: true}, reply: That one}
""",
    )
    said = history(
        came(30, "do you deliver", about="gone"),
        went(20, "to you with pleasure", State.FAILED),
        went(50, "Only in the city"),
        came(0, "open?"),
        came(5, "all day", from_me=True),
        came(60, "", vote="Cheese"),
        came(70, "this", about="out-50"),
    ).output
    assert "The history of 'shop'" in said and "6 messages, 1 chat, 1 customer" in said
    assert "75%: 3 of 4 messages would be answered" in said
    assert all(rule in said for rule in ("hours", "voted", "quoted"))
    assert '20 min:  "Only in the city"' in said
