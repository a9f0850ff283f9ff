"""A plugin's entry in chatgrow.yaml: the keys every plugin shares. The rest is the plugin's own to check."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from .values import Flag, Section


def _instance_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", name):
        raise ValueError(f"'{name}' cannot name a plugin; use small letters, digits, _ and -, a letter first")
    return name


#: A plugin's key in chatgrow.yaml. One plugin may run under several names.
InstanceName = Annotated[str, AfterValidator(_instance_name)]

#: Whose connections something applies to.
Tenants = Literal["default", "all"] | tuple[str, ...]


class PluginEntry(Section):
    """One plugin, running once. Keys that are not listed here are the plugin's own."""

    model_config = ConfigDict(extra="allow")

    plugin: str | None = Field(
        default=None, min_length=1, description="Which plugin this is, if not the one of this name."
    )
    enabled: Flag = Field(default=True, description="Whether it runs.")
    admin: Flag = Field(
        default=False, description="Whether it may use the parts of the core. Only for those you trust."
    )
    tenants: Tenants = Field(
        default="default",
        description="Whose connections it sees: `default` (the admins' own), `all`, or a list of user names.",
    )


#: Keys of an entry that the plugin's own Config need not know.
RESERVED = frozenset(PluginEntry.model_fields)
