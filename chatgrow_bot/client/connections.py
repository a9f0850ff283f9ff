"""Connections: made, linked, looked at, paused, removed."""

from collections.abc import Mapping, Sequence
from typing import Any

from .nouns import Answer, Connection, PairingCode, QrCode
from .wire import Call, Calls, part

PATH = "/api/whatsapp/connections"


class _List(Answer, frozen=True, kw_only=True):
    connections: Sequence[Connection]


class ConnectionCalls(Calls):
    """Connections."""

    async def create_connection(
        self,
        connection_id: str,
        *,
        name: str = "",
        phone_number: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> Connection:
        """Make a connection and start it; `settings` as under `connections` in chatgrow.yaml. Raises
        Conflict where there is one of this id, RateLimited past the plan."""
        body = {
            "connectionId": connection_id,
            "name": name,
            "phoneNumber": phone_number,
            "settings": settings or {},
        }
        return await self._wire.post(Connection, PATH, body)

    async def connections(self) -> Sequence[Connection]:
        """All of the caller's, oldest first."""
        return (await self._wire.get(_List, PATH)).connections

    async def connection(self, connection_id: str) -> Connection:
        """One of them. Raises NotFound."""
        return await self._wire.get(Connection, f"{PATH}/{part(connection_id)}")

    async def change_connection(
        self,
        connection_id: str,
        *,
        name: str | None = None,
        phone_number: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Connection:
        """Change what is given; settings are merged key by key."""
        given = {"name": name, "phoneNumber": phone_number, "settings": settings}
        body = {key: value for key, value in given.items() if value is not None}
        path = f"{PATH}/{part(connection_id)}"
        return self._wire.read(
            Connection, await self._wire.raw(Call(method="PUT", path=path, body=body, again=True))
        )

    async def delete_connection(self, connection_id: str) -> None:
        """Stop a connection, unlink and forget it."""
        await self._wire.delete(f"{PATH}/{part(connection_id)}")

    async def reconnect(self, connection_id: str) -> Connection:
        """Start it again now."""
        return await self._wire.post(Connection, f"{PATH}/{part(connection_id)}/reconnect")

    async def pause_connection(self, connection_id: str, reason: str = "") -> Connection:
        """Let nothing leave from it; what waits goes on waiting."""
        return await self._wire.post(
            Connection, f"{PATH}/{part(connection_id)}/pause", {"reason": reason} if reason else None
        )

    async def resume_connection(self, connection_id: str) -> Connection:
        """Let messages leave again."""
        return await self._wire.post(Connection, f"{PATH}/{part(connection_id)}/resume")

    async def qr_code(self, connection_id: str) -> QrCode:
        """The code to scan now; waits for one that is on its way. It changes every 20 seconds or so. Raises
        NotReady where there is none to scan, Unavailable where it did not come in time."""
        return await self._wire.get(QrCode, f"{PATH}/{part(connection_id)}/qr")

    async def pairing_code(self, connection_id: str, phone_number: str = "") -> PairingCode:
        """A code to type on that phone, by default on the connection's own. Raises NotReady."""
        body = {"phoneNumber": phone_number} if phone_number else None
        return await self._wire.post(PairingCode, f"{PATH}/{part(connection_id)}/pairing-code", body)
