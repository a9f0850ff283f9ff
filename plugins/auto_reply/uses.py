"""Remembers when limited rules have answered, in the plugin's own store: one small value a chat, so that a
message costs one read, and nothing older than the longest limit."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from chatgrow_bot.messages import Inbound
from chatgrow_bot.plugin import Bot

from .conditions import Use

_PREFIX = "limits/"
#: Between two looks through a tenant's chats for what has run out.
_SWEEP_EVERY = timedelta(hours=1)


class Uses:
    """The uses of limited rules, by tenant, connection and chat."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._swept: dict[str, datetime] = {}
        #: By chat, between what its lane adds and what a sweep forgets; there while somebody holds it.
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def of(self, message: Inbound) -> Mapping[str, Sequence[Use]]:
        """The uses in a message's chat, by rule id."""
        return _read(await self._bot.store.get(message.tenant, _key(message)))

    async def add(self, message: Inbound, rules: Sequence[str], keep: timedelta) -> None:
        """Rules answer a message. What is older than `keep` in this chat is forgotten."""
        async with self._lock(message.tenant, _key(message)):
            uses = dict(await self.of(message))
            for rule in rules:
                before = [use for use in uses.get(rule, ()) if use.message != message.id]
                uses[rule] = [*before, Use(at=message.received_at, message=message.id)]
            fresh = _fresh(uses, message.received_at - keep)
            await self._bot.store.put(message.tenant, _key(message), _written(fresh))

    def sweep_due(self, tenant: str, now: datetime) -> bool:
        """Whether it is time to look for chats that have not come back; asked once, it is no longer."""
        due = now - self._swept.get(tenant, now - _SWEEP_EVERY) >= _SWEEP_EVERY
        if due:
            self._swept[tenant] = now
        return due

    async def sweep(self, tenant: str, since: datetime) -> None:
        """Forget every chat of a tenant whose last use is older."""
        for key in await self._bot.store.items(tenant, _PREFIX):
            async with self._lock(tenant, key):
                if not _fresh(_read(await self._bot.store.get(tenant, key)), since):
                    await self._bot.store.delete(tenant, key)

    def _lock(self, tenant: str, key: str) -> asyncio.Lock:
        return self._locks.setdefault((tenant, key), asyncio.Lock())


def _key(message: Inbound) -> str:
    return f"{_PREFIX}{message.connection_id}/{message.chat}"


def _fresh(uses: Mapping[str, Sequence[Use]], since: datetime) -> Mapping[str, Sequence[Use]]:
    kept = {rule: [use for use in its if use.at > since] for rule, its in uses.items()}
    return {rule: its for rule, its in kept.items() if its}


def _read(value: Any) -> Mapping[str, Sequence[Use]]:
    return {
        rule: [Use(at=datetime.fromisoformat(at), message=message) for at, message in its]
        for rule, its in (value or {}).items()
    }


def _written(uses: Mapping[str, Sequence[Use]]) -> Any:
    return {rule: [[use.at.isoformat(), use.message] for use in its] for rule, its in uses.items()}
