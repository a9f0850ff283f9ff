"""What holds for messages that come in."""

from pydantic import Field

from .values import Count, Seconds, Section, Size

_DAY = 86_400


class LoopBreaker(Section):
    """Stops two bots from answering each other for ever. Counts automatic replies in one chat."""

    short: Count = Field(default=6, ge=1, description="Automatic replies allowed within `shortWindow`.")
    short_window: Seconds = Field(default=90, ge=1, description="The short window, in seconds.")
    long: Count = Field(default=30, ge=1, description="Automatic replies allowed within `longWindow`.")
    long_window: Seconds = Field(default=600, ge=1, description="The long window, in seconds.")
    same_text: Count = Field(
        default=2, ge=1, description="Times the same text is allowed within `longWindow`."
    )
    silence: Seconds = Field(default=900, ge=1, description="Seconds of silence after the first time.")
    long_silence: Seconds = Field(default=3600, ge=1, description="Seconds of silence after the next times.")


class Flood(Section):
    """Messages of one chat that are answered; beyond them they are stored, and nobody is asked."""

    messages: Count = Field(default=30, ge=1, description="Messages allowed within `window`.")
    window: Seconds = Field(default=10, ge=1, le=3600, description="The window, in seconds.")


class InboundSettings(Section):
    """The way in: what is fetched, and what is not answered."""

    age_gate: Seconds = Field(
        default=120, ge=0, description="Messages older than so many seconds are stored, not answered."
    )
    media_patience: Seconds = Field(
        default=60,
        ge=1,
        le=600,
        description="Seconds that a file may take to fetch, or its connection to come back for it; then the "
        "message goes on without it.",
    )
    media_size: Size = Field(
        default=64 << 20,
        ge=0,
        le=64 << 20,
        description="Largest file to fetch: bytes, or 16MB; 64MB at most.",
    )
    take_over: Seconds = Field(
        default=3600,
        ge=0,
        le=30 * _DAY,
        description="Seconds of silence in a chat after a person wrote there from the phone; 0 for none.",
    )
    replies_per_hour: Count = Field(
        default=500, ge=1, description="Automatic replies of one connection within an hour, at most."
    )
    dull_traces: Seconds = Field(
        default=_DAY,
        ge=0,
        le=366 * _DAY,
        description="Seconds for which traces are kept in which nothing matched and nothing failed; others "
        "stay as long as their message.",
    )
    flood: Flood = Field(default=Flood(), description="When one chat writes too much to be answered.")
    loop_breaker: LoopBreaker = Field(
        default=LoopBreaker(), description="When automatic replies fall silent."
    )
