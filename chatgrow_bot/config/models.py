"""All that chatgrow.yaml may say. The descriptions are the manual: schema.json and the tables of
config/README.md are made from them."""

from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, IPvAnyNetwork, field_validator
from tzlocal import get_localzone

from .connection import ConnectionSettings, Pacing
from .consent import Consent
from .inbound import InboundSettings
from .plans import Plans
from .plugins import InstanceName, PluginEntry
from .teams import AgentEntry, AgentName, TeamEntry, TeamName
from .values import Count, Folder, Seconds, Section, Size, TokenSecret, Zone

_DAY = 86_400
_DATABASES = ("sqlite://", "postgresql://", "postgres://")


class OnUnknown(StrEnum):
    """What to do when it is unclear whether a message left and WhatsApp does not know its id."""

    RESEND = "resend"  #: send it again under the same id
    HOLD = "hold"  #: leave it to a person


class Server(Section):
    """The HTTP server."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to listen on; 0.0.0.0 is every network."
    )
    port: Count = Field(default=3000, ge=0, le=65_535, description="Port to listen on; 0 takes any free one.")
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="Networks of your reverse proxies: only their word on a caller's address counts.",
    )
    token_secret: TokenSecret | None = Field(
        default=None,
        repr=False,
        description="Signs logins, as `!secret JWT_SECRET`; if left out, one made by this installation.",
    )
    login_lasts: Seconds = Field(
        default=30 * _DAY,
        ge=900,
        le=366 * _DAY,
        description="Seconds after which one logs in again; a login unused for 7d ends before.",
    )
    max_sockets: Count = Field(
        default=1_000, ge=10, le=100_000, description="Callers at once; when full, an idle one makes room."
    )
    max_sockets_per_address: Count = Field(
        default=200,
        ge=1,
        le=100_000,
        description="The same of one address, of IPv6 a /64; a trusted proxy's excepted.",
    )


class DatabaseSettings(Section):
    """Which database."""

    url: str | None = Field(
        default=None,
        repr=False,
        description="sqlite:///file or postgresql://user:password@host/name; if left out, in `sessionDir`.",
    )

    @field_validator("url")
    @classmethod
    def _of_a_known_kind(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(_DATABASES):
            raise ValueError("an address of a database begins with sqlite:// or postgresql://")
        return url


class Queue(Section):
    """The way out: how many at once, how often again, how long kept."""

    concurrency: Annotated[Count, Field(ge=1, le=500)] | Literal["auto"] = Field(
        default=5,
        description="Messages on their way at once, over all connections; `auto` follows their number.",
    )
    max_retries: Count = Field(default=3, ge=0, le=20, description="Tries after a failure that will pass.")
    retry_delays: tuple[Annotated[Count, Field(ge=0, le=_DAY * 1000)], ...] = Field(
        default=(5_000, 15_000, 30_000),
        min_length=1,
        description="Waits before the retries, in milliseconds; the last one repeats.",
    )
    remove_on_complete: Count = Field(
        default=100, ge=0, description="Finished jobs listed per connection. Not acted on yet."
    )
    remove_on_fail: Count = Field(
        default=50, ge=0, description="Failed jobs listed per connection. Not acted on yet."
    )
    ttl: Seconds = Field(
        default=7 * _DAY, ge=60, description="A message that has not left after so many seconds expires."
    )
    reconcile_after: Seconds = Field(
        default=30,
        ge=0,
        le=3600,
        description="Seconds in sync before messages of unclear fate are looked up.",
    )
    on_unknown: OnUnknown = Field(
        default=OnUnknown.RESEND,
        description="If WhatsApp does not know such a message: `resend` it or `hold` it for a person.",
    )
    retention: Seconds = Field(
        default=30 * _DAY,
        ge=30 * _DAY,
        description="Seconds for which messages and their status are kept; 30d at least.",
    )
    drain: Seconds = Field(
        default=10, ge=0, le=300, description="Seconds that a stop leaves to messages that are being sent."
    )


class Backups(Section):
    """Copies of the database, made while the hub runs. SQLite only: PostgreSQL has tools of its own."""

    every: Seconds = Field(default=_DAY, ge=0, description="Seconds between two copies; 0 makes none.")
    keep: Count = Field(default=3, ge=1, le=1000, description="Copies kept; the oldest goes first.")
    folder: Folder | None = Field(
        default=None, description="Where they lie; if left out, `backups` in `sessionDir`."
    )


class LogFiles(Section):
    """How much api.log, combined.log and error.log may hold; whatsapp.log is a plugin's."""

    size: Size = Field(default=20 << 20, ge=1 << 16, description="Size at which one is rotated, as 20MB.")
    keep: Count = Field(
        default=5, ge=1, le=1000, description="Rotated files kept of each: combined.log.1 is the newest."
    )


class Settings(Section):
    """ChatGrow Bot's configuration."""

    server: Server = Field(default=Server(), description="Where the REST API listens.")
    database: DatabaseSettings = Field(default=DatabaseSettings(), description="Where everything is stored.")
    session_dir: Folder = Field(
        default=Path("sessions"), description="Folder for logins, the database and media."
    )
    logs_dir: Folder = Field(default=Path("logs"), description="Folder for log files.")
    time_zone: Zone | None = Field(
        default=None,
        description="Where a day of the figures begins, as Asia/Jerusalem; if left out, the machine's zone.",
    )
    logs: LogFiles = Field(default=LogFiles(), description="How much the log files may hold.")
    allowed_media_roots: tuple[Folder, ...] = Field(
        default=(), description="Folders that files may be sent from by path."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts, host:port or networks of your own that may be called; others must be public.",
    )
    browser_args: tuple[str, ...] = Field(
        default=(), description="More flags for the browser; dangerous ones are refused."
    )
    max_connections: Count = Field(
        default=10, ge=1, le=10_000, description="Connections that this process opens at most."
    )
    memory_reserve: Size = Field(
        default=256 << 20,
        ge=0,
        description="Memory that new connections must leave free: bytes, or 256MB; 0 does not look.",
    )
    disk_reserve: Size = Field(
        default=64 << 20,
        ge=0,
        description="Room kept on the disk, given up when it is full: bytes, or 64MB; 0 keeps none.",
    )
    health_check_interval: Seconds = Field(
        default=60, ge=1, le=3600, description="Seconds between two health checks."
    )
    queue: Queue = Field(default=Queue(), description="The way out.")
    backups: Backups = Field(default=Backups(), description="Copies of the database.")
    pacing: Pacing = Field(default=Pacing(), description="How fast connections send.")
    connection_defaults: ConnectionSettings = Field(
        default=ConnectionSettings(), description="What holds for each connection unless it says otherwise."
    )
    inbound: InboundSettings = Field(default=InboundSettings(), description="The way in.")
    consent: Consent = Field(default=Consent(), description="STOP and START, and what they are answered.")
    agents: dict[AgentName, AgentEntry] = Field(
        default={}, description="People who talk with customers, by a short name."
    )
    teams: dict[TeamName, TeamEntry] = Field(
        default={}, description="Teams of them, to whom rules hand customers over."
    )
    plans: Plans = Field(default=Plans(), description="What users may do, by plan.")
    admins: tuple[str, ...] = Field(
        default=("admin",),
        description="Users whose connections are the admins' own, besides those with the role `admin`.",
    )
    plugin_folders: tuple[Folder, ...] = Field(default=(), description="Folders with plugins of your own.")
    plugins: dict[InstanceName, PluginEntry] = Field(
        default={}, description="Plugins by name, in the order in which they are asked."
    )

    @property
    def database_url(self) -> str:
        """Where everything is stored."""
        return self.database.url or f"sqlite:///{self.session_dir / 'chatgrow.db'}"

    @property
    def zone(self) -> tzinfo:
        """By which days are counted."""
        return ZoneInfo(self.time_zone) if self.time_zone else get_localzone()

    @property
    def backups_folder(self) -> Path:
        """Where regular copies of the database lie."""
        return self.backups.folder or self.session_dir / "backups"

    def for_connection(self, own: Mapping[str, Any]) -> ConnectionSettings:
        """What holds for a connection with these settings of its own (camelCase, as stored): they go over
        `connectionDefaults`, which go over `pacing`. Its `pacing` is always there. Raises pydantic's
        ValidationError."""
        base = {"pacing": self.pacing.model_dump(by_alias=True)}
        defaults = self.connection_defaults.model_dump(by_alias=True, exclude_unset=True)
        return ConnectionSettings.model_validate(_merged(_merged(base, defaults), own))


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping over another, and so on inside. What is None over there does not count."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = _merged(below, value)
        elif value is not None:
            merged[key] = value
    return merged
