"""The hub's REST API as the demo uses it: what any program would send."""

import asyncio
import base64
import io
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import aiohttp

from .processes import DemoFailed

#: Seconds that a browser may take to show a code: the first start on a slow machine is the longest.
_QR_SECONDS = 120.0


class Api:
    """A logged-in caller. `async with Api(address, username, password) as api:`."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self._address = address
        self._login = {"username": username, "password": password}
        self._headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
            self._http = await opening.enter_async_context(http)
            token = await self.call("POST", "/api/auth/login", self._login)
            self._headers = {"Authorization": f"Bearer {token['accessToken']}"}
            opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str = ""
    ) -> Any:
        """One request with a JSON answer, under an Idempotency-Key where one is given. Raises DemoFailed with
        what the hub said."""
        url, headers = self._address + path, {**self._headers, **({"Idempotency-Key": key} if key else {})}
        async with self._http.request(method, url, json=body, headers=headers) as response:
            if response.status >= 400:
                raise DemoFailed(f"{method} {path} answered {response.status}: {await _why(response)}")
            return await response.json()

    async def create(self, connection_id: str, name: str, phone: str) -> None:
        """Make a connection."""
        body = {"connectionId": connection_id, "name": name, "phoneNumber": phone, "settings": {}}
        await self.call("POST", "/api/whatsapp/connections", body)

    async def connection(self, connection_id: str) -> Mapping[str, Any]:
        """How a connection is."""
        found: Mapping[str, Any] = await self.call("GET", f"/api/whatsapp/connections/{connection_id}")
        return found

    async def qr_png(self, connection_id: str) -> bytes:
        """The QR code as a picture; asked for again while the hub says that it comes in a moment."""
        url = f"{self._address}/api/whatsapp/connections/{connection_id}/qr"
        asked_until = asyncio.get_running_loop().time() + _QR_SECONDS
        while True:
            async with self._http.get(url, headers={**self._headers, "Accept": "image/png"}) as response:
                if response.status == 200:
                    return await response.read()
                if response.status != 503 or asyncio.get_running_loop().time() > asked_until:
                    raise DemoFailed(f"the QR code answered {response.status}: {await _why(response)}")
                again = float(response.headers.get("Retry-After", 1))
            await asyncio.sleep(again)

    async def qr_text(self, connection_id: str) -> str:
        """The QR code drawn in characters, for a terminal."""
        url = f"{self._address}/api/whatsapp/connections/{connection_id}/qr"
        async with self._http.get(url, headers={**self._headers, "Accept": "text/plain"}) as response:
            return await response.text()

    async def upload(self, content: bytes, filename: str, mimetype: str) -> str:
        """Upload a file; answers its uploadId."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", io.BytesIO(content), filename=filename, content_type=mimetype)
        url = f"{self._address}/api/whatsapp/media"
        async with self._http.post(url, data=form, headers=self._headers) as response:
            if response.status != 201:
                raise DemoFailed(f"the upload answered {response.status}: {await _why(response)}")
            return str((await response.json())["uploadId"])

    async def send(self, connection_id: str, to: str, message: Any, **options: Any) -> str:
        """Send; answers the messageId."""
        path = f"/api/whatsapp/connections/{connection_id}/send"
        body = {"to": to, "message": message, "options": options}
        return str((await self.call("POST", path, body))["messageId"])

    async def send_picture(self, connection_id: str, to: str, png: bytes, caption: str) -> str:
        """Send a picture within the request itself."""
        media = {"data": base64.b64encode(png).decode(), "type": "image", "filename": "shop.png"}
        return await self.send(connection_id, to, {"media": media, "caption": caption})

    async def status(self, message_id: str) -> Mapping[str, Any]:
        """How far a message has come."""
        found: Mapping[str, Any] = await self.call("GET", f"/api/whatsapp/messages/{message_id}")
        return found


async def _why(response: aiohttp.ClientResponse) -> str:
    """What went wrong, as the hub says it to a person."""
    if response.content_type != "application/problem+json":
        return await response.text()
    return str((await response.json(content_type=None))["detail"])
