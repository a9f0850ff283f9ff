"""What other plugins give to the rules: what may be written for it, how it is asked, and who is blamed."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from chatgrow_bot.config import Misfit
from chatgrow_bot.errors import PluginError
from chatgrow_bot.hooks import Hooks
from chatgrow_bot.hooks.registry import Instance
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module, plugin_class
from chatgrow_bot.messages import Fault, Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, Notify, Page, Response, Trace
from chatgrow_bot.testing import FakeClock

load_plugin_module(built_in_folder() / "auto_reply")
parts: Any = sys.modules["chatgrow_plugins.auto_reply.parts"]
hookspecs: Any = sys.modules["chatgrow_plugins.auto_reply.hookspecs"]
GuestList = plugin_class(load_plugin_module(built_in_folder() / "guest_list.py"))

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
DANA = "972541112233@c.us"
CUSTOMER = Customer(chat=DANA)
MESSAGE = Inbound(
    id="m1", tenant="t", connection_id="c", chat=DANA, wa_id="w", text="hello", sent_at=NOW, received_at=NOW
)
HI = Outbound(to=DANA, text="hi")


class Rules(Plugin):
    Hooks = hookspecs.RuleHooks


class Deal(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: int
    note: str = ""


def giving(
    conditions: Mapping[str, Any] | None = None, actions: Mapping[str, Any] | None = None
) -> type[Plugin]:
    class Gives(Plugin):
        @hook
        def register_rule_conditions(self) -> Any:
            return conditions or {}

        @hook
        def register_rule_actions(self) -> Any:
            return actions or {}

    return Gives


class Stage:
    """Rules, and those who give them something."""

    def __init__(self, **givers: Callable[[Any], Plugin]) -> None:
        self.faults: list[Fault] = []
        self.hooks = Hooks(clock=FakeClock(), report=self.faults.append)
        bot: Any = None
        self.rules = Rules(bot)
        cast = {"rules": self.rules, **{name: make(bot) for name, make in givers.items()}}
        instances = [Instance(name=n, plugin=p, serves=lambda tenant: tenant == "t") for n, p in cast.items()]
        assert self.hooks.register(instances) == {}
        for name in cast:
            self.hooks.switch(name, on=True)

    @property
    def given(self) -> Any:
        return parts.parts_of(self.rules)


def guests(**config: Any) -> Callable[[Any], Plugin]:
    class Bot:
        name = "guests"

    Bot.config = GuestList.Config.model_validate(config)  # type: ignore[attr-defined]
    return lambda _: GuestList(Bot())  # type: ignore[arg-type]


async def ask(known: Any, value: Any, message: Inbound = MESSAGE) -> Any:
    return await known.ask(message, CUSTOMER, known.check(value))


async def test_a_guest_is_known_by_a_condition() -> None:
    conditions = Stage(guests=guests(allow=[DANA])).given.conditions
    assert sorted(conditions) == ["guest", "guests.guest"]
    stranger = replace(MESSAGE, chat="14155550123@c.us")
    for name in conditions:
        assert await ask(conditions[name], True) is True
        assert await ask(conditions[name], False) is False
        assert await ask(conditions[name], True, stranger) is False
    with pytest.raises(ValueError, match="'guest' must be true or false, not 'maybe'"):
        conditions["guest"].check("maybe")


async def test_a_blocked_one_and_anybody_where_nobody_is_allowed_are_no_guests() -> None:
    for config in ({}, {"allow": [DANA], "block": [DANA]}):
        assert await ask(Stage(guests=guests(**config)).given.conditions["guest"], True) is False


def test_the_annotation_says_what_a_rule_may_write() -> None:
    async def deal(message: Inbound, customer: Customer, value: Deal) -> None: ...

    async def anything(message: Inbound, customer: Customer, value) -> None: ...  # type: ignore[no-untyped-def]

    actions = Stage(crm=giving(actions={"deal": deal, "any-thing": anything})).given.actions
    assert actions["crm.deal"].check({"amount": 3}) == Deal(amount=3)
    with pytest.raises(Misfit) as raised:
        actions["deal"].check({"amount": "many", "not": "x"})
    assert [at for at, _, _ in raised.value.wrong] == [("amount",), ("not",)]
    assert "'amount' must be a whole number, not 'many'" in str(raised.value)
    assert "unknown key 'not', did you mean 'note'?" in str(raised.value)
    assert actions["any-thing"].check({"a": [1, None]}) == {"a": [1, None]}
    with pytest.raises(ValueError, match="any-thing"):
        actions["any-thing"].check(object())


def test_a_name_that_two_plugins_give_needs_the_plugins_own() -> None:
    conditions = Stage(one=guests(), two=guests()).given.conditions
    with pytest.raises(ValueError, match=r"write 'one\.guest' or 'two\.guest'"):
        conditions["guest"].check(True)
    assert conditions["two.guest"].check(True) is True
    assert conditions["two.guest"].by == "two"


async def test_an_action_gives_whatever_answer_may_and_it_comes_as_one_thing() -> None:
    trace = Trace(page=Page(("a line",)), asked=1)

    async def act(message: Inbound, customer: Customer, value: str) -> Any:
        deed = Notify(topic="x")
        return {
            "nothing": None,
            "one": HI,
            "two": [HI, HI],
            "all": Response(messages=(HI,), deeds=(deed,), trace=trace),
        }[value]

    async def acted(value: str) -> Any:
        return await act_of.run(MESSAGE, CUSTOMER, value)

    act_of = Stage(crm=giving(actions={"act": act})).given.actions["act"]
    assert await acted("nothing") == Response()
    assert await acted("one") == Response(messages=(HI,))
    assert await acted("two") == Response(messages=(HI, HI))
    assert await acted("all") == Response(messages=(HI,), deeds=(Notify(topic="x"),))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("text", "gave a str"),
        ([HI, "text"], "gave a message that is not in its form"),
        (Outbound(to=DANA, text="x" * 65_537), "gave a message that is not in its form"),
        ([HI] * 101, "gave 101 messages at once"),
        (Response(deeds=("x",)), "that is not in responses.Deed"),  # type: ignore[arg-type]
    ],
)
async def test_what_an_action_may_not_give_is_its_plugins_fault(given: Any, said: str) -> None:
    async def act(message: Inbound, customer: Customer, value: str) -> Any:
        return given

    stage = Stage(crm=giving(actions={"act": act}))
    with pytest.raises(PluginError, match=said):
        await stage.given.actions["act"].run(MESSAGE, CUSTOMER, "x")
    assert [fault.where for fault in stage.faults] == ["crm"]


async def test_a_condition_says_true_or_false_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def vague(message: Inbound, customer: Customer, value: int) -> Any:
        return "yes"

    async def slow(message: Inbound, customer: Customer, value: int) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(parts, "ASK", 0.05)
    stage = Stage(crm=giving({"vague": vague, "slow": slow}))
    with pytest.raises(PluginError, match="gave a str, where True or False is wanted"):
        await ask(stage.given.conditions["vague"], 1)
    with pytest.raises(PluginError, match="the condition 'slow': 'crm' failed: no answer within"):
        await ask(stage.given.conditions["slow"], 1)
    assert [(fault.where, fault.tenant) for fault in stage.faults] == [("crm", "t"), ("crm", "t")]


async def test_one_that_is_off_or_not_for_the_tenant_is_not_asked() -> None:
    stage = Stage(guests=guests(allow=[DANA]))
    guest = stage.given.conditions["guest"]
    with pytest.raises(PluginError, match="does not serve this tenant"):
        await ask(guest, True, replace(MESSAGE, tenant="other"))
    stage.hooks.switch("guests", on=False)
    with pytest.raises(PluginError, match="'guests' is off"):
        await ask(guest, True)
    assert sorted(stage.given.conditions) == ["guest", "guests.guest"]  # a rule that names it is right


async def two(message: Inbound, customer: Customer) -> bool:
    return True


async def unknown(message: Inbound, customer: Customer, value: "Nowhere") -> bool:  # type: ignore[name-defined] # noqa: F821
    return True


def plain(message: Inbound, customer: Customer, value: bool) -> bool:
    return True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"two": two}, "must take"),
        ({"plain": plain}, "must be `async def`"),
        ({"unknown": unknown}, "Nowhere"),
        ({"a.b": two}, "is no name"),
        (["guest"], "names with functions are wanted"),
    ],
)
def test_what_is_not_in_its_form_is_its_plugins_fault_and_the_others_are_there(given: Any, said: str) -> None:
    stage = Stage(wrong=giving(given), guests=guests())
    assert sorted(stage.given.conditions) == ["guest", "guests.guest"]
    assert [fault.where for fault in stage.faults] == ["wrong"]
    assert said in stage.faults[0].reason
