"""Settings of one connection, and the pace at which it sends."""

from pydantic import Field, model_validator

from .values import Count, Flag, Seconds, Section, Size, TimeOfDay, Zone


class _Gap(Section):
    min: Seconds
    max: Seconds

    @model_validator(mode="after")
    def _in_order(self) -> "_Gap":
        if self.max < self.min:
            raise ValueError(f"max ({self.max:g}) must not be less than min ({self.min:g})")
        return self


class SendPace(_Gap):
    """The pace of messages that nobody waits for."""

    min: Seconds = Field(
        default=30, ge=0, le=3600, description="Shortest wait between two messages, in seconds."
    )
    max: Seconds = Field(
        default=45, ge=0, le=3600, description="Longest wait between two messages, in seconds."
    )
    jitter: Seconds = Field(
        default=10, ge=0, le=600, description="Up to so many seconds are added or taken away, by chance."
    )


class ReplyPace(_Gap):
    """The pace of answers to a customer who has just written; they wait for nothing else."""

    min: Seconds = Field(default=3, ge=0, le=3600, description="Shortest wait before an answer, in seconds.")
    max: Seconds = Field(default=8, ge=0, le=3600, description="Longest wait before an answer, in seconds.")
    typing: Flag = Field(default=True, description="Whether the customer sees `typing...` meanwhile.")


class QuietHours(Section):
    """When people are left alone: what nobody waits for goes out after it. Answers are not held."""

    enabled: Flag = Field(
        default=True, description="`false` frees one connection of what holds for the others."
    )
    start: TimeOfDay = Field(default="21:00", description="From then on, as 21:00.")
    end: TimeOfDay = Field(default="08:00", description="Until then, as 08:00; if earlier, of the next day.")
    zone: Zone | None = Field(
        default=None,
        description="Time zone of those whose number does not tell one, as Asia/Jerusalem; if left out, UTC.",
    )

    @model_validator(mode="after")
    def _has_an_end(self) -> "QuietHours":
        if self.start == self.end:
            raise ValueError(
                f"start and end are both {self.start}: is that never, or all day? Write two times, or leave "
                "quietHours out"
            )
        return self


class WarmUp(Section):
    """A newly linked account sends little at first, and more each day."""

    enabled: Flag = Field(
        default=True, description="`false` frees one connection of what holds for the others."
    )
    days: Count = Field(default=14, ge=1, le=90, description="Days after which nothing holds it back.")
    first: Count = Field(default=20, ge=1, description="Messages that may leave on the first day.")
    last: Count = Field(default=500, ge=1, description="Messages that may leave on the last of these days.")

    @model_validator(mode="after")
    def _grows(self) -> "WarmUp":
        if self.first > self.last:
            raise ValueError(f"first ({self.first}) must not be more than last ({self.last})")
        return self


class FirstContacts(Section):
    """Messages to people who never wrote to this connection and whom it never wrote to."""

    per_hour: Count | None = Field(default=None, ge=0, description="How many an hour; if left out, any.")
    per_day: Count | None = Field(default=None, ge=0, description="How many a day; if left out, any.")
    pause: Seconds = Field(
        default=86_400,
        ge=0,
        le=30 * 86_400,
        description="Seconds without first contacts after WhatsApp has refused one (error 463).",
    )


class Pacing(Section):
    """How fast a connection sends. Slower is safer: accounts that send like machines get banned."""

    send: SendPace = Field(
        default=SendPace(), description="Messages that nobody waits for: notices, campaigns, the API."
    )
    reply: ReplyPace = Field(default=ReplyPace(), description="Answers to a customer who has just written.")
    quiet_hours: QuietHours | None = Field(
        default=None, description="When people are left alone, by their own time zone; if left out, never."
    )
    warm_up: WarmUp | None = Field(
        default=None, description="How a newly linked account begins; if left out, as any other."
    )
    first_contacts: FirstContacts = Field(
        default=FirstContacts(), description="Messages to people it has had nothing to do with."
    )


class ConnectionSettings(Section):
    """Settings of one connection. Whatever is left out is as in `connectionDefaults`."""

    engine: str = Field(default="web", min_length=1, description="The way to WhatsApp; plugins bring them.")
    auto_reconnect: Flag = Field(
        default=True, description="Whether a lost connection is opened again by itself."
    )
    max_reconnect_attempts: Count = Field(
        default=5, ge=0, le=1000, description="Tries in a row before it gives up and alerts."
    )
    reconnect_interval: Seconds = Field(
        default=30,
        ge=1,
        le=86_400,
        description="Wait between two tries, in seconds; the first try is immediate.",
    )
    message_retry_attempts: Count | None = Field(
        default=None, ge=0, le=20, description="Instead of `queue.maxRetries`, if given."
    )
    message_retry_delay: Seconds | None = Field(
        default=None,
        ge=0,
        le=86_400,
        description="One wait before every retry, in seconds, instead of `queue.retryDelays`, if given.",
    )
    enable_logging: Flag = Field(
        default=True, description="Whether whatsapp.log has lines of it, and the log its changes of state."
    )
    enable_notifications: Flag = Field(
        default=True, description="Whether its own troubles raise alerts; the log has them all the same."
    )
    memory_budget: Size = Field(
        default=1536 << 20,
        ge=0,
        description="Memory past which its session is opened anew between two messages; 0 never.",
    )
    recycle_after: Seconds = Field(
        default=0,
        ge=0,
        le=30 * 86_400,
        description="Seconds after which its session is opened anew between two messages; 0 never.",
    )
    pacing: Pacing | None = Field(default=None, description="Its own pace, where it differs from `pacing`.")
