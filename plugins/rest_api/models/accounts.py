"""Logging in and staying so."""

from typing import Literal

from pydantic import Field

from .base import Answer, Request

LONGEST_PASSWORD = 1024


class Login(Request):
    """A user's name and password."""

    username: str = Field(min_length=1, max_length=64, examples=["admin"])
    password: str = Field(min_length=1, max_length=LONGEST_PASSWORD, repr=False, examples=["a long one"])


class Refresh(Request):
    """The refresh token that was answered last."""

    refresh_token: str = Field(
        min_length=1,
        max_length=200,
        repr=False,
        examples=[
            "cgr_01a2055e703a77db82d215f3e6280656_VhT0vq5u2gJd1nJYk8cQ0Wm2o6e3lB9xPz7sRa4tUf5iHc1dGwKyNb8vX"
        ],
    )


class LoggedIn(Answer):
    """Tokens. The first is sent as `Authorization: Bearer <accessToken>`; the other gets the next ones."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind, not a token)
    expires_in: int = Field(description="seconds")
    refresh_token: str = Field(repr=False, description="good once: the answer to it has the next")
    refresh_expires_in: int = Field(description="seconds")


class PasswordChange(Request):
    """One's own password, and another."""

    old_password: str = Field(min_length=1, max_length=LONGEST_PASSWORD, repr=False, examples=["the old one"])
    new_password: str = Field(
        min_length=1, max_length=LONGEST_PASSWORD, repr=False, examples=["correct horse battery"]
    )
