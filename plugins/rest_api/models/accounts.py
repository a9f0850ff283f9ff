"""Logging in."""

from typing import Literal

from pydantic import Field

from .base import Answer, Request


class Login(Request):
    """A user's name and password."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1024, repr=False)


class LoggedIn(Answer):
    """A token, to be sent as `Authorization: Bearer <accessToken>`."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind, not a token)
    expires_in: int = Field(description="seconds")
