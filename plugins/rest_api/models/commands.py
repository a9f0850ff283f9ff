"""Admin commands."""

from typing import Annotated, Any

from pydantic import Field

from .base import Answer, Request


class CommandCall(Request):
    """The arguments of a command."""

    args: list[Annotated[str, Field(max_length=4096)]] = Field(default_factory=list, max_length=64)


class CommandAnswer(Answer):
    """What a command said. When it must be confirmed, `data.confirm` is the code to repeat it with."""

    ok: bool
    text: str
    data: dict[str, Any]


class CommandInfo(Answer):
    """A command."""

    name: str
    help: str
    role: str
    confirm: bool


class CommandList(Answer):
    """The commands that the caller may use."""

    commands: list[CommandInfo]
