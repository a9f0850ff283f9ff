"""How plugins are called: in order, in time, each failure kept to itself."""

from collections.abc import Sequence

import pytest

from chatgrow_bot.errors import PluginError, ReceiverDown
from chatgrow_bot.hooks import Answered
from chatgrow_bot.messages import Delivery, Drop, Inbound, Later, Outbound, Step
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Response

from .fakes import CUSTOMER, Stage, delivery, inbound, outbound


def replies(text: str) -> type[Plugin]:
    class Replies(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            self.bot.asked.append(text)  # type: ignore[attr-defined]
            return Outbound(to=message.chat, text=text) if text.isupper() else None

    return Replies


class Yes(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="yes")


async def test_plugins_are_asked_in_the_order_of_the_configuration() -> None:
    stage = Stage().play(b=replies("b"), a=replies("a"), c=replies("c"))
    assert await stage.hooks.answer(inbound(), CUSTOMER) is None
    assert stage.asked == ["b", "a", "c"]


async def test_tryfirst_comes_before_and_trylast_after_whatever_the_order() -> None:
    class First(Plugin):
        @hook(tryfirst=True)
        async def answer(self) -> None:
            self.bot.asked.append("first")  # type: ignore[attr-defined]

    class Last(Plugin):
        @hook(trylast=True)
        async def answer(self) -> None:
            self.bot.asked.append("last")  # type: ignore[attr-defined]

    class First2(First):
        @hook(tryfirst=True)
        async def answer(self) -> None:
            self.bot.asked.append("first2")  # type: ignore[attr-defined]

    stage = Stage().play(last=Last, a=replies("a"), first=First, b=replies("b"), first2=First2)
    await stage.hooks.answer(inbound(), CUSTOMER)
    assert stage.asked == ["first", "first2", "a", "b", "last"]


async def test_the_first_answer_wins_and_the_others_are_not_asked() -> None:
    stage = Stage().play(a=replies("a"), b=replies("B"), c=replies("C"))
    answered = await stage.hooks.answer(inbound(), CUSTOMER)
    assert answered == Answered(by="b", response=Response(messages=(Outbound(to=inbound().chat, text="B"),)))
    assert stage.asked == ["a", "B"]


async def test_an_answer_may_be_several_messages_and_an_empty_one_is_none() -> None:
    class Empty(Plugin):
        @hook
        async def answer(self) -> Sequence[Outbound]:
            return []

    class Two(Plugin):
        @hook
        async def answer(self) -> Sequence[Outbound]:
            return [outbound("1"), outbound("2")]

    answered = await Stage().play(Empty, Two).hooks.answer(inbound(), CUSTOMER)
    assert answered == Answered(by="Two", response=Response(messages=(outbound("1"), outbound("2"))))


async def test_one_class_runs_twice_each_with_its_own_object() -> None:
    stage = Stage().play(one=(kind := replies("x")), two=kind)
    await stage.hooks.answer(inbound(), CUSTOMER)
    assert stage.asked == ["x", "x"]


async def test_a_plugin_takes_only_the_arguments_it_names() -> None:
    class OnlyDelivery(Plugin):
        @hook
        async def filter_outbound(self, delivery: Delivery) -> Drop:
            return Drop(delivery.id)

    assert await Stage().play(OnlyDelivery).hooks.filter_outbound(outbound(), delivery()) == Drop("d1")


async def test_inbound_filters_see_what_the_one_before_made_of_the_message() -> None:
    def appends(letter: str) -> type[Plugin]:
        class Appends(Plugin):
            @hook
            async def filter_inbound(self, message: Inbound) -> Inbound:
                return inbound(message.text + letter)

        return Appends

    passed = await Stage().play(a=appends("a"), b=appends("b")).hooks.filter_inbound(inbound("-"))
    assert isinstance(passed, Inbound)
    assert passed.text == "-ab"


async def test_a_drop_ends_the_way_in_and_the_trace_says_by_whom() -> None:
    class Drops(Plugin):
        @hook
        async def filter_inbound(self) -> Drop:
            return Drop("spam")

    class Never(Plugin):
        @hook
        async def filter_inbound(self) -> None:
            raise AssertionError

    trace: list[Step] = []
    stage = Stage().play(Drops, Never)
    assert await stage.hooks.filter_inbound(inbound(), trace) == Drop("spam")
    assert [(step.stage, step.by, step.result) for step in trace] == [("filter", "Drops", "dropped it: spam")]
    assert not stage.faults


async def test_a_filter_cannot_change_whose_message_it_is() -> None:
    class Thief(Plugin):
        @hook
        async def filter_inbound(self, message: Inbound) -> Inbound:
            return inbound(message.text, tenant="t2")

        @hook
        async def filter_outbound(self) -> Outbound:
            return Outbound(to="15559999999@c.us", text="hi")

    stage = Stage().play(Thief)
    assert await stage.hooks.filter_inbound(inbound()) == inbound()
    assert isinstance(await stage.hooks.filter_outbound(outbound(), delivery()), Later)
    assert ["changed who" in fault.reason for fault in stage.faults] == [True, True]


async def test_outbound_filters_may_change_hold_and_drop() -> None:
    def says(verdict: object) -> type[Plugin]:
        class Says(Plugin):
            @hook
            async def filter_outbound(self) -> object:
                return verdict

        return Says

    def stage(verdict: object) -> Stage:
        return Stage().play(passes=says(None), says=says(verdict))

    assert await stage(None).hooks.filter_outbound(outbound(), delivery()) == outbound()
    assert await stage(outbound("!")).hooks.filter_outbound(outbound(), delivery()) == outbound("!")
    assert await stage(Drop("no")).hooks.filter_outbound(outbound(), delivery()) == Drop("no")
    assert await stage(Later(5, "night")).hooks.filter_outbound(outbound(), delivery()) == Later(5, "night")
    forever = stage(Later(float("inf")))
    held = await forever.hooks.filter_outbound(outbound(), delivery())
    assert isinstance(held, Later)
    assert held.seconds < 60


async def test_a_plugin_is_asked_only_about_the_tenants_it_serves() -> None:
    stage = Stage().play(Yes, serves=lambda tenant: tenant == "t2")
    assert await stage.hooks.answer(inbound(), CUSTOMER) is None
    assert await stage.hooks.answer(inbound(tenant="t2"), CUSTOMER)
    assert not stage.hooks.hears("Yes", "on_inbound", "t2")


async def test_a_plugin_that_is_switched_off_is_not_asked() -> None:
    stage = Stage().play(Yes)
    stage.hooks.switch("Yes", on=False)
    assert await stage.hooks.answer(inbound(), CUSTOMER) is None
    stage.hooks.switch("Yes", on=True)
    assert await stage.hooks.answer(inbound(), CUSTOMER)


async def test_telling_one_instance_a_fact_raises_what_the_reader_must_know() -> None:
    class Hears(Plugin):
        @hook
        async def on_inbound(self, message: Inbound) -> None:
            if message.text == "down":
                raise ReceiverDown(30)
            if message.text == "broken":
                raise ValueError
            self.bot.asked.append(message.text)  # type: ignore[attr-defined]

    stage = Stage().play(Hears, Yes)
    await stage.hooks.on_inbound("Hears", inbound("fine"))
    await stage.hooks.on_inbound("Yes", inbound("nobody listens"))
    assert stage.asked == ["fine"]
    with pytest.raises(ReceiverDown):
        await stage.hooks.on_inbound("Hears", inbound("down"))
    with pytest.raises(PluginError, match="ValueError"):
        await stage.hooks.on_inbound("Hears", inbound("broken"))
    assert not stage.faults
    assert stage.hooks.listens("Hears")
    assert not stage.hooks.listens("Yes")
