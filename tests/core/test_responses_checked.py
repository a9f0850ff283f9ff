"""What a plugin may give as a response, and what is told of who was asked."""

import pytest

from chatgrow_bot.hooks import Answered
from chatgrow_bot.hooks.responding import done
from chatgrow_bot.messages import FileNamed, Inbound, Kind, Media, Outbound, Step
from chatgrow_bot.payloads import Reaction
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import (
    Customer,
    Deed,
    MarkRead,
    Notify,
    OptIn,
    OptOut,
    Page,
    Response,
    SetField,
    Tag,
    Trace,
)

from .fakes import CUSTOMER, Stage, inbound, outbound

PAGE = Page(("one", "two"))


def gives(value: object) -> type[Plugin]:
    class Gives(Plugin):
        @hook
        async def answer(self) -> object:
            return value

    return Gives


def tagged(word: object) -> Response:
    return Response(deeds=(Tag(add=frozenset({word})),))  # type: ignore[arg-type]


def traced(**wrong: object) -> Response:
    return Response(is_done=True, trace=Trace(**{"page": PAGE, "asked": 1, **wrong}))  # type: ignore[arg-type]


def named(**names: object) -> Outbound:
    return Outbound(to=CUSTOMER.chat, file=FileNamed(**names))  # type: ignore[arg-type]


WRONG: list[object] = [
    Response(messages="hello"),  # type: ignore[arg-type]
    Response(messages=("hello",)),  # type: ignore[arg-type]
    Response(messages=(outbound(),) * 101),
    Response(messages=(outbound("x" * 70_000),)),
    Response(deeds=(MarkRead(),) * 101),
    Response(deeds=("mark it",)),  # type: ignore[arg-type]
    Response(deeds=(Tag,)),  # type: ignore[arg-type]
    Response(deeds=MarkRead()),  # type: ignore[arg-type]
    Response(is_done="yes"),  # type: ignore[arg-type]
    tagged(""),
    tagged("x" * 65),
    tagged(5),
    Response(deeds=(Tag(add="vip"),)),  # type: ignore[arg-type]
    Response(deeds=(Tag(remove=frozenset({""})),)),
    Response(deeds=(Tag(add=frozenset(map(str, range(65)))),)),
    Response(deeds=(SetField(name="", value="x"),)),
    Response(deeds=(SetField(name="x" * 65, value="x"),)),
    Response(deeds=(SetField(name="city", value="x" * 4001),)),
    Response(deeds=(SetField(name="city", value=5),)),  # type: ignore[arg-type]
    Response(deeds=(Notify(topic=""),)),
    Response(deeds=(Notify(topic="x" * 65),)),
    Response(deeds=(Notify(topic="order", note="x" * 4001),)),
    Response(deeds=(Notify(topic="order", because=None),)),  # type: ignore[arg-type]
    Response(is_done=True, trace="matched"),  # type: ignore[arg-type]
    traced(page=("one", "two")),
    traced(page=Page(["one"])),  # type: ignore[arg-type]
    traced(page=Page(("x",) * 10_001)),
    traced(page=Page((1,))),  # type: ignore[arg-type]
    traced(page=Page(("x" * 1001,))),
    traced(asked=3),
    traced(asked=-1),
    traced(asked=True),
    traced(marks={2: "x"}),
    traced(marks={"0": "x"}),
    traced(marks={0: 5}),
    traced(is_dull=1),
    named(),
    named(path="a", url="b"),
    named(path=5),
    named(path="a", kind=Kind.POLL),
    named(path="a", kind="image"),
    Outbound(to=CUSTOMER.chat, file="menu.pdf"),  # type: ignore[arg-type]
    Outbound(to=CUSTOMER.chat, file=FileNamed(path="a"), payload=Reaction(emoji="!")),
    Outbound(
        to=CUSTOMER.chat,
        file=FileNamed(path="a"),
        media=Media(path=None, sha256="", mimetype="", filename="", size=0, kind=Kind.IMAGE),  # type: ignore[arg-type]
    ),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
async def test_a_response_that_is_not_in_its_form_is_the_plugins_fault_and_the_next_is_asked(
    number: int,
) -> None:
    stage = Stage().play(wrong=gives(WRONG[number]), good=gives(outbound()))
    told: dict[str, Trace] = {}
    answered = await stage.hooks.answer(inbound(), CUSTOMER, None, told)
    assert answered == Answered(by="good", response=Response(messages=(outbound(),)))
    assert not told
    [fault] = stage.faults
    assert fault.where == "wrong"
    assert fault.reason.startswith(("answer: gave ", "answer: named a file")), "it is no crash of ours"


async def test_the_largest_that_fits_passes() -> None:
    largest = Response(
        messages=(outbound(),) * 100,
        deeds=(
            Tag(add=frozenset(f"{n:064}" for n in range(64))),
            *[SetField(name="x" * 64, value="x" * 4000)] * 99,
        ),
        trace=Trace(page=Page(("x" * 1000,) * 10_000), asked=10_000, marks={9999: "y" * 2000}),
    )
    stage = Stage().play(gives(largest))
    told: dict[str, Trace] = {}
    answered = await stage.hooks.answer(inbound(), CUSTOMER, None, told)
    assert answered
    assert (answered.messages, answered.response.deeds) == (largest.messages, largest.deeds)
    assert told["Gives"].marks == {9999: "y" * 1000}, "cut to what is kept"
    assert not stage.faults


async def test_everybody_who_was_asked_may_tell_how_he_came_to_it_and_sees_the_customer() -> None:
    seen: list[Customer] = []

    class Explains(Plugin):
        @hook
        async def answer(self, customer: Customer) -> Response:
            seen.append(customer)
            return Response(trace=Trace(page=PAGE, asked=2))

    settles = Response(is_done=True, trace=Trace(page=PAGE, asked=1))
    stage = Stage().play(first=Explains, silent=gives(None), second=gives(settles), never=Explains)
    trace, told = list[Step](), dict[str, Trace]()
    answered = await stage.hooks.answer(inbound(), CUSTOMER, trace, told)
    assert answered
    assert answered.by == "second"
    assert {name: each.asked for name, each in told.items()} == {"first": 2, "second": 1}
    assert [step.result for step in trace] == ["passed", "passed", "ended it"]
    assert seen == [CUSTOMER]


@pytest.mark.parametrize(
    ("deeds", "words"),
    [
        ((), "answered"),
        ((Tag(add=frozenset({"a"})),), "tagged and answered"),
        ((Tag(add=frozenset({"a"})), Tag(add=frozenset({"b"}))), "tagged and answered"),
        ((Tag(remove=frozenset({"a"})), OptIn()), "untagged, opted in and answered"),
        (
            (SetField(name="a", value="b"), SetField(name="c", value="")),
            "set a field, forgot a field and answered",
        ),
        ((OptOut(), Notify(topic="a"), MarkRead()), "opted out, told others, marked as read and answered"),
    ],
)
def test_a_step_says_in_words_what_was_done(deeds: tuple[Deed, ...], words: str) -> None:
    assert done(Response(messages=(outbound(),), deeds=deeds)) == words
    if deeds:
        assert done(Response(deeds=deeds)) == " and ".join(
            words.removesuffix(" and answered").rsplit(", ", 1)
        )


async def test_a_plain_answer_is_a_response_of_these_messages() -> None:
    def give(message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="hi")

    stage = Stage().play(gives([give(inbound()), give(inbound())]))
    answered = await stage.hooks.answer(inbound(), CUSTOMER)
    assert answered == Answered(by="Gives", response=Response(messages=(give(inbound()),) * 2))
