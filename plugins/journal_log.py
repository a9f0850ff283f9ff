"""Writes every fact to logs/whatsapp.log, a JSON object a line: what to read when asking what happened. Facts
of a connection with `enableLogging: false` have no line.

Ids, states and masked chats only: a log is copied into tickets and mails, so no text and no number is in it.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path

from pydantic import Field

from chatgrow_bot.addresses import masked
from chatgrow_bot.config import Count, Folder, Size
from chatgrow_bot.logs import LogFile, clean, is_wanted
from chatgrow_bot.messages import (
    CommandUse,
    ConnectionChange,
    ConversationChange,
    Delivery,
    Fault,
    HealthReport,
    Inbound,
    Notice,
)
from chatgrow_bot.plugin import Bot, Plugin, PluginConfig, hook


class Config(PluginConfig):
    """Where the lines go."""

    file: Folder = Field(
        Path("logs/whatsapp.log"),
        validate_default=True,
        description="The log file; its folder is made if missing.",
    )
    max_bytes: Size = Field(20 << 20, ge=1, description="Size at which the file is rotated, such as 20MB.")
    backups: Count = Field(5, ge=1, description="Rotated files kept: whatsapp.log.1 is the newest.")


class _LogFile(LogFile):
    """A log file whose errors are the writer's: the journal then tells the fact again."""

    def handleError(self, record: logging.LogRecord) -> None:
        raise


class JournalLog(Plugin):
    """Hears all facts and writes them down, in the order of the journal."""

    Config = Config

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        #: A logger of this object's own, outside logging's registry: two hubs in one process do not mix.
        self._log = logging.Logger(bot.name)

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Hold the file open for as long as the plugin lives."""
        config: Config = self.bot.config
        config.file.parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(config.file, size=config.max_bytes, keep=config.backups)
        self._log.addHandler(handler)
        try:
            yield
        finally:
            self._log.removeHandler(handler)
            handler.close()

    @hook
    async def on_inbound(self, message: Inbound) -> None:
        """A message came in."""
        await self._write(
            "inbound",
            message.received_at,
            tenant=message.tenant,
            connection=message.connection_id,
            message=message.id,
            chat=masked(message.chat),
            sender=masked(message.sender),
            kind=message.kind,
            fromMe=message.from_me,
        )

    @hook
    async def on_outbound(self, delivery: Delivery) -> None:
        """An outgoing message came into another state."""
        await self._write(
            "outbound",
            delivery.updated_at,
            tenant=delivery.tenant,
            connection=delivery.connection_id,
            message=delivery.id,
            chat=masked(delivery.chat),
            kind=delivery.kind,
            state=delivery.state,
            ack=delivery.ack,
            attempts=delivery.attempts,
            source=delivery.source,
            because=_without_numbers(delivery.because),
            reason=_without_numbers(delivery.reason),
            request_id=delivery.request_id,
        )

    @hook
    async def on_connection(self, change: ConnectionChange) -> None:
        """A connection came into another state."""
        await self._write(
            "connection",
            change.at,
            tenant=change.tenant,
            connection=change.connection_id,
            state=change.state,
            previous=change.previous,
            reason=_without_numbers(change.reason),
        )

    @hook
    async def on_health(self, report: HealthReport) -> None:
        """A connection's health changed."""
        await self._write(
            "health",
            report.at,
            tenant=report.tenant,
            connection=report.connection_id,
            state=report.state,
            isHealthy=report.is_healthy,
            canSend=report.can_send,
            canReceive=report.can_receive,
            heartbeatAge=report.heartbeat_age,
            backlog=report.backlog,
        )

    @hook
    async def on_fault(self, fault: Fault) -> None:
        """Something went wrong."""
        await self._write(
            "fault",
            fault.at,
            tenant=fault.tenant,
            connection=fault.connection_id,
            where=fault.where,
            reason=_without_numbers(fault.reason),
        )

    @hook
    async def on_command(self, use: CommandUse) -> None:
        """Somebody used an admin command."""
        await self._write("command", use.at, name=use.name, by=use.by, ok=use.ok)

    @hook
    async def on_notice(self, notice: Notice) -> None:
        """A plugin wants others to know of a message; its note is a text, which the rule's place leads to."""
        await self._write(
            "notice",
            notice.at,
            tenant=notice.tenant,
            connection=notice.connection_id,
            message=notice.message_id,
            topic=_without_numbers(notice.topic),
            by=notice.by,
            because=_without_numbers(notice.because),
        )

    @hook
    async def on_conversation(self, change: ConversationChange) -> None:
        """Something happened in a conversation of a team."""
        await self._write(
            "conversation",
            change.at,
            tenant=change.tenant,
            connection=change.connection_id,
            conversation=change.conversation_id,
            number=change.number,
            event=change.event,
            state=change.state,
            team=change.team,
            agent=change.agent,
            previousAgent=change.previous_agent,
            by=_without_numbers(change.by),
        )

    async def _write(self, fact: str, at: datetime, **facts: object) -> None:
        if not is_wanted():
            return
        line = {"at": at.isoformat(), "fact": fact, **facts}
        # in a thread: a full or slow disk holds up this reader of the journal, not the hub
        await asyncio.to_thread(self._log.info, json.dumps(line, ensure_ascii=False))


def _without_numbers(sentence: str) -> str:
    """A reason as others wrote it, with whatever may be a phone number cut to its last three digits."""
    runs = (
        "".join(run)
        for _, run in groupby(clean(sentence, numbers=False), key=lambda char: char in "0123456789+-(). ")
    )
    return "".join(_masked_run(run) for run in runs)


def _masked_run(run: str) -> str:
    digits = "".join(char for char in run if char.isdecimal())
    return run.replace(run.strip(), f"…{digits[-3:]}") if len(digits) >= 7 else run
