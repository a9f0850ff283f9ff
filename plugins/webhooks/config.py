"""What stands under the plugin's name in chatgrow.yaml."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from chatgrow_bot.hub import EventType
from chatgrow_bot.plugin import PluginConfig
from chatgrow_bot.signatures import to_key

_SHORTEST = 24  # bytes of a key, as the standard has it

ConnectionId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]


class Given(PluginConfig):
    """An endpoint that whoever runs the hub has written down."""

    id: str = Field(pattern="^[A-Za-z0-9_-]{1,64}$", description="Its name, unique among these.")
    url: str = Field(min_length=1, max_length=2000, description="Where events are sent: https.")
    secret: str = Field(repr=False, description="`!secret NAME`: whsec_ and base64, 24 bytes at least.")
    user: str = Field("admin", min_length=1, description="Whose events: the name of a user.")
    events: tuple[EventType, ...] | None = Field(
        None, min_length=1, description="Which ones; all if left out."
    )
    connections: tuple[ConnectionId, ...] | None = Field(
        None, min_length=1, description="Of these connections only; of all if left out."
    )
    description: str = Field("", max_length=500, description="What it is for.")

    @field_validator("secret")
    @classmethod
    def _is_key(cls, value: str) -> str:
        if len(to_key(value)) < _SHORTEST:
            raise ValueError(f"a secret is whsec_ and the base64 of {_SHORTEST} bytes at least")
        return value


class Config(PluginConfig):
    """Endpoints that are always there, and how the hub is reached from outside."""

    endpoints: tuple[Given, ...] = Field(
        (), max_length=1000, description="Endpoints that are always there, besides those made over the API."
    )
    public_url: str = Field(
        "",
        pattern="^(https?://[^/?#]+)?(/[^?#]*)?$",
        description="How this hub is reached from outside, such as https://hub.example.com: with it, the "
        "addresses of files are whole ones.",
    )

    @model_validator(mode="after")
    def _are_told_apart(self) -> "Config":
        ids = [each.id for each in self.endpoints]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"two endpoints have the id '{twice[0]}'")
        return self
