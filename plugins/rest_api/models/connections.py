"""Connections, and what links them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from .base import Answer, Request


class NewConnection(Request):
    """A connection to make."""

    connection_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$", description="unique in the installation", examples=["shop"]
    )
    name: str = Field(default="", max_length=200, examples=["The shop"])
    phone_number: str = Field(
        default="", max_length=32, description="in international form", examples=["+14155550123"]
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="the same as under `connections` in chatgrow.yaml",
        examples=[{"maxReconnectAttempts": 5}],
    )


class ConnectionPatch(Request):
    """What to change of a connection; what is left out stays, and settings are merged key by key."""

    name: str | None = Field(default=None, max_length=200)
    phone_number: str | None = Field(default=None, max_length=32)
    settings: dict[str, Any] | None = Field(default=None, examples=[{"enableLogging": True}])


class Connection(Answer):
    """A connection."""

    connection_id: str = Field(examples=["shop"])
    name: str = Field(examples=["The shop"])
    phone_number: str = Field(examples=["+14155550123"])
    settings: dict[str, Any]
    state: str = Field(examples=["online"])
    reason: str = Field(description="why it is in this state", examples=[""])
    paused: bool = Field(description="whether messages wait although it could send", examples=[False])
    paused_because: str = Field(description="who or what paused it, and why")
    first_contacts_until: datetime | None = Field(
        description="until then nobody is written to for the first time"
    )
    picture_at: datetime | None = Field(description="when GET .../picture was taken, if somebody must look")
    me: str | None = Field(description="the linked account's chat id", examples=["14155550123@c.us"])
    created_at: datetime
    state_since: datetime


class ConnectionList(Answer):
    """All of the caller's connections, oldest first."""

    connections: list[Connection]


class Qr(Answer):
    """A QR code to link by."""

    qr_code: str = Field(
        repr=False, description="a data: URL of a PNG", examples=["data:image/png;base64,iVBORw0KGgo="]
    )
    code: str = Field(repr=False, description="what the QR code says", examples=["2@AbCd,EfGh,IjKl,1"])
    expires_at: datetime


class PairingAsked(Request):
    """Whose phone links; by default the connection's own number."""

    phone_number: str = Field(
        default="", max_length=32, description="in international form", examples=["+14155550123"]
    )


class PairingShown(Answer):
    """A code to type on the phone."""

    code: str = Field(repr=False, examples=["ABCD1234"])
    expires_at: datetime
