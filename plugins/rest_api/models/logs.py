"""The log files."""

from typing import Literal

from pydantic import Field

from .base import Answer


class LogFileHealth(Answer):
    """How one log file fares."""

    writable: bool
    room: bool = Field(description="whether its disk takes more lines")
    failing: bool = Field(description="whether the last line could not be written")


class LogsHealth(Answer):
    """Whether what happens is written down."""

    status: Literal["ok", "failing"]
    files: dict[str, LogFileHealth] = Field(description="by what they are for: api, combined, ...")


class LogFileDetails(LogFileHealth):
    """More of it, for an admin."""

    bytes: int = Field(description="with its rotated files")
    rotated: int = Field(description="rotated files that are kept")
    free: int = Field(description="bytes left on its disk")
    failures: int = Field(description="lines that could not be written since the start")
    last_failure: str = Field(description="why the last of them could not; empty when all could")


class LogsDetails(Answer):
    """Every log file."""

    files: dict[str, LogFileDetails]
