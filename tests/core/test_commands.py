"""The registry of admin commands: roles, confirmation, suggestions, and the account of every use."""

from collections.abc import Sequence

import pytest

from chatgrow_bot.commands import Commands
from chatgrow_bot.errors import BadInput, NotAllowed, NotFound, PluginError
from chatgrow_bot.hub import Answer, Command, Identity, Role
from chatgrow_bot.messages import CommandUse
from chatgrow_bot.testing import FakeClock


def user(role: Role, name: str = "dana") -> Identity:
    return Identity(user_id=name, username=name, role=role, plan="free")


ADMIN = user(Role.ADMIN)


class Desk:
    """A registry, what was reported, and a few commands."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.uses: list[CommandUse] = []
        self.ran: list[tuple[str, ...]] = []
        self.commands = Commands(clock=self.clock, report=self.report)

    def report(self, use: CommandUse) -> None:
        self.uses.append(use)

    async def run(self, args: Sequence[str], who: Identity) -> Answer:
        self.ran.append(tuple(args))
        return Answer(text=f"done {' '.join(args)}")

    def command(self, name: str, role: Role = Role.VIEWER, *, confirm: bool = False) -> Command:
        return Command(name=name, help=f"Does {name}.", role=role, run=self.run, confirm=confirm)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_commands_are_on_offer_only_for_their_plugins_time(desk: Desk) -> None:
    with desk.commands.offered([desk.command("status"), desk.command("erase")]):
        assert [each.name for each in desk.commands.all()] == ["erase", "status"]
        assert (await desk.commands.run("status", ["now"], ADMIN)).text == "done now"
    assert not desk.commands.all()
    with pytest.raises(NotFound):
        await desk.commands.run("status", [], ADMIN)


def test_a_name_is_given_once_and_a_clash_leaves_nothing_behind(desk: Desk) -> None:
    with desk.commands.offered([desk.command("status")]):
        with (
            pytest.raises(TypeError, match="'status'"),
            desk.commands.offered([desk.command("new"), desk.command("status")]),
        ):
            pass
        assert [each.name for each in desk.commands.all()] == ["status"]
    with pytest.raises(TypeError), desk.commands.offered([desk.command("twice"), desk.command("twice")]):
        pass


@pytest.mark.parametrize("needed", Role)
@pytest.mark.parametrize("mine", Role)
async def test_each_role_runs_its_own_commands_and_those_below(desk: Desk, needed: Role, mine: Role) -> None:
    with desk.commands.offered([desk.command("status", needed, confirm=True)]):
        if mine.includes(needed):
            await desk.commands.run("status", [], user(mine))
        else:
            with pytest.raises(NotAllowed, match=needed):
                await desk.commands.run("status", [], user(mine))
            assert [(use.name, use.by, use.ok) for use in desk.uses] == [("status", "dana", False)]
    assert not desk.ran


async def test_an_unknown_name_meets_the_nearest_that_the_user_may_use(desk: Desk) -> None:
    with desk.commands.offered([desk.command("reconnect"), desk.command("stop-everything", Role.ADMIN)]):
        for typed, said in (
            ("reconect", "did you mean 'reconnect'?"),
            ("RECONNECT", "did you mean 'reconnect'?"),
            ("stop-everythin", "There is no command 'stop-everythin'."),
            ("x" * 5000, "There is no command"),
            ("", "There is no command ''"),
        ):
            with pytest.raises(NotFound) as error:
                await desk.commands.run(typed, [], user(Role.VIEWER))
            assert said in str(error.value)
            assert "stop-everything'" not in str(error.value)
            assert len(str(error.value)) < 300
    assert not desk.uses


async def test_every_use_is_told_with_how_it_ended(desk: Desk) -> None:
    async def sorry(args: Sequence[str], who: Identity) -> Answer:
        return Answer(text="no", ok=False)

    async def refuse(args: Sequence[str], who: Identity) -> Answer:
        raise BadInput("which one?")

    async def crash(args: Sequence[str], who: Identity) -> Answer:
        raise ZeroDivisionError

    offers = [
        desk.command("fine"),
        *(Command(name=run.__name__, help="", role=Role.VIEWER, run=run) for run in (sorry, refuse, crash)),
    ]
    with desk.commands.offered(offers):
        await desk.commands.run("fine", [], ADMIN)
        assert not (await desk.commands.run("sorry", [], ADMIN)).ok
        with pytest.raises(BadInput):
            await desk.commands.run("refuse", [], ADMIN)
        with pytest.raises(PluginError, match="'crash' failed: ZeroDivisionError"):
            await desk.commands.run("crash", [], ADMIN)
    told = [(use.name, use.by, use.ok, use.at) for use in desk.uses]
    now = desk.clock.now()
    assert told == [
        ("fine", "dana", True, now),
        ("sorry", "dana", False, now),
        ("refuse", "dana", False, now),
        ("crash", "dana", False, now),
    ]


async def code_of(desk: Desk, *args: str, who: Identity = ADMIN) -> str:
    answer = await desk.commands.run("delete", args, who)
    assert not answer.ok
    code: str = answer.data["confirm"]
    assert code in answer.text
    return code


async def test_what_hurts_runs_when_it_is_repeated_with_the_code(desk: Desk) -> None:
    with desk.commands.offered([desk.command("delete", confirm=True)]):
        code = await code_of(desk, "shop")
        assert not desk.ran
        assert not desk.uses
        assert (await desk.commands.run("delete", ["shop", code], ADMIN)).text == "done shop"
        assert desk.ran == [("shop",)]
        # once
        await code_of(desk, "shop", code)
        assert desk.ran == [("shop",)]


async def test_a_code_is_for_one_user_one_thing_and_one_minute(desk: Desk) -> None:
    with desk.commands.offered([desk.command("delete", confirm=True), desk.command("erase", confirm=True)]):
        code = await code_of(desk, "shop")
        assert not (await desk.commands.run("delete", ["shop", code], user(Role.ADMIN, "mallory"))).ok
        assert not (await desk.commands.run("delete", ["other", code], ADMIN)).ok
        assert not (await desk.commands.run("erase", ["shop", code], ADMIN)).ok
        assert not (await desk.commands.run("delete", [code], ADMIN)).ok
        desk.clock.advance(60)
        assert not (await desk.commands.run("delete", ["shop", code], ADMIN)).ok
    assert not desk.ran


async def test_a_code_cannot_be_guessed_at(desk: Desk) -> None:
    with desk.commands.offered([desk.command("delete", confirm=True)]):
        code = await code_of(desk, "shop")
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        for guess in (wrong, "דנה", ""):
            await code_of(desk, "shop")
            with pytest.raises(BadInput, match="not the code"):
                await desk.commands.run("delete", ["shop", guess], ADMIN)
        # the wrong guess spent the code
        assert not (await desk.commands.run("delete", ["shop", code], ADMIN)).ok
    assert not desk.ran
