"""Admin commands over HTTP."""

from collections.abc import Iterator, Sequence

import pytest

from chatgrow_bot.commands import Commands
from chatgrow_bot.hub import Answer, Command, Identity, Role

from .conftest import Api

PATH = "/api/commands"


async def echo(args: Sequence[str], who: Identity) -> Answer:
    return Answer(text=" ".join(args), data={"count": len(args), "by": who.username})


@pytest.fixture
def offered(api: Api) -> Iterator[None]:
    commands = api.hub.commands
    assert isinstance(commands, Commands)
    with commands.offered(
        [
            Command(name="echo", help="Says it again.", role=Role.VIEWER, run=echo),
            Command(name="stop", help="Stops everything.", role=Role.ADMIN, run=echo, confirm=True),
        ]
    ):
        yield


@pytest.mark.usefixtures("offered")
async def test_the_list_shows_what_the_caller_may_use(api: Api) -> None:
    for user, names in (("viewer", {"echo"}), ("admin", {"echo", "stop"})):
        listed = (await api.ask("GET", PATH, user)).body["commands"]
        assert {each["name"] for each in listed} >= names
        assert ("stop" in {each["name"] for each in listed}) == ("stop" in names)
    assert {"name": "echo", "help": "Says it again.", "role": "viewer", "confirm": False} in listed


@pytest.mark.usefixtures("offered")
async def test_a_command_runs_with_its_arguments_or_without(api: Api) -> None:
    ran = await api.ask("POST", f"{PATH}/echo", "viewer", json={"args": ["a", "ב"]})
    assert ran.status == 200
    assert ran.body == {"ok": True, "text": "a ב", "data": {"count": 2, "by": "viewer-user"}}
    assert (await api.ask("POST", f"{PATH}/echo", "viewer")).body["data"]["count"] == 0


@pytest.mark.usefixtures("offered")
async def test_roles_names_and_codes_are_the_registrys(api: Api) -> None:
    assert (await api.ask("POST", f"{PATH}/stop", "operator")).is_problem(403, "Not allowed")
    missing = await api.ask("POST", f"{PATH}/ecko", "viewer")
    assert missing.is_problem(404, "Not found")
    assert "did you mean 'echo'?" in missing.body["detail"]
    asked = await api.ask("POST", f"{PATH}/stop", "admin", json={"args": ["now"]})
    assert not asked.body["ok"]
    code = asked.body["data"]["confirm"]
    assert (await api.ask("POST", f"{PATH}/stop", "admin", json={"args": ["now", code]})).body[
        "text"
    ] == "now"
