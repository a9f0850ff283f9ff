"""Users, as admins see and change them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from .accounts import LONGEST_PASSWORD
from .base import Answer, Request

RoleName = Literal["admin", "operator", "viewer"]
PlanName = Literal["free", "premium", "enterprise"]


class UserShown(Answer):
    """A user."""

    user_id: str
    username: str
    role: RoleName
    plan: str
    disabled: bool
    created_at: datetime


class UserList(Answer):
    """All users, by name."""

    users: list[UserShown]


class NewUser(Request):
    """A user to make; without a password one is made too."""

    username: str = Field(
        min_length=1,
        max_length=64,
        description="letters, digits, '.', '_', '@' and '-'; the same in capitals",
        examples=["dana"],
    )
    role: RoleName = "operator"
    plan: PlanName = "enterprise"
    password: str | None = Field(default=None, min_length=1, max_length=LONGEST_PASSWORD, repr=False)


class UserMade(UserShown):
    """A new user, with the password that was made: it is told this once."""

    password: str | None = Field(repr=False, description="null when it was given")


class UserChange(Request):
    """What is to change; what is left out stays."""

    role: RoleName | None = None
    plan: PlanName | None = None
    disabled: bool | None = Field(default=None, description="true: shut out, by password, login and key")


class PasswordGiven(Request):
    """Another password; without one it is made."""

    password: str | None = Field(default=None, min_length=1, max_length=LONGEST_PASSWORD, repr=False)


class PasswordMade(Answer):
    """The password that was made: it is told this once."""

    password: str | None = Field(repr=False, description="null when it was given")
