"""What people do with the hub, with a canary in every place where a secret can be."""

import asyncio
import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chatgrow_bot.signatures import sign, to_key

from .hub import Process

CONNECTIONS = "/api/whatsapp/connections"


@dataclass(slots=True)
class Canaries:
    """Values that are nowhere else in the world, by what they are."""

    secrets: dict[str, str] = field(default_factory=dict)  #: must not even be in the database
    words: dict[str, str] = field(default_factory=dict)  #: what people wrote, and who

    def secret(self, name: str, value: str = "") -> str:
        """A secret: one that was given to us, or a new one."""
        return self._new(self.secrets, name, value or f"Zebra-lamp-{secrets.token_hex(5)}-{name}")

    def word(self, name: str, value: str = "") -> str:
        """A message's."""
        return self._new(self.words, name, value or f"{name} meet me at {secrets.token_hex(4)} street")

    def number(self, name: str) -> str:
        """Somebody's phone number."""
        return self._new(self.words, name, f"97254{secrets.randbelow(10**7):07d}")

    @staticmethod
    def _new(known: dict[str, str], name: str, value: str) -> str:
        known[name if name not in known else f"{name} {len(known)}"] = value
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is logged in, in every way there is."""

    admin: str
    token: str
    key: str
    webhook: str


def configured(canaries: Canaries) -> Mapping[str, str]:
    """The secrets that the configuration names, by the variable they stand in."""
    qr = f"2@{secrets.token_urlsafe(40)},{secrets.token_urlsafe(24)},{secrets.token_urlsafe(24)},1"
    return {
        "SIGNING": canaries.secret("token secret", secrets.token_urlsafe(48)),
        "LEAKY_PASSWORD": canaries.secret("plugin's password"),
        "LEAKY_ACCOUNT": canaries.secret("plugin's account"),
        "LEAKY_SESSION": canaries.secret("session data", secrets.token_hex(32)),
        "LEAKY_QR": canaries.secret("QR code", qr),
        "LEAKY_PAIRING": canaries.secret("pairing code", secrets.token_hex(4).upper()),
    }


async def log_in(hub: Process, canaries: Canaries, first: str) -> Person:
    """Accounts: right and wrong passwords, tokens that are used, used up, and used again."""
    admin = await _logged_in(hub, canaries, "admin", first)
    await hub.ask("POST", "/api/auth/login", json=_login("admin", canaries.secret("wrong password")))
    wrong = {"username": "admin", "password": [canaries.secret("password in a list")]}
    await hub.ask("POST", "/api/auth/login", json=wrong)
    password = canaries.secret("operator's password")
    await hub.ask("POST", "/api/users", admin, json={"username": "dana", "password": password})
    token = await _logged_in(hub, canaries, "dana", password)
    new = canaries.secret("new password")
    change = {"oldPassword": canaries.secret("wrong old password"), "newPassword": new}
    await hub.ask("PUT", "/api/auth/password", token, json=change)
    key = await hub.ask("POST", "/api/keys", token, json={"name": "crm", "scopes": ["read", "send"]})
    person = Person(admin=admin, token=token, key=canaries.secret("API key", key["key"]), webhook="")
    for forged in (
        person.key + "x",
        f"{token}x",
        canaries.secret("forged token", f"cgk_{secrets.token_hex(24)}"),
    ):
        await hub.ask("GET", CONNECTIONS, forged)
        await hub.ask("GET", CONNECTIONS, headers={"X-API-Key": forged, "Cookie": f"session={forged}"})
    return person


async def _logged_in(hub: Process, canaries: Canaries, name: str, password: str) -> str:
    login = await hub.ask("POST", "/api/auth/login", json=_login(name, password))
    canaries.secret(f"{name}'s first access token", login["accessToken"])
    used = canaries.secret(f"{name}'s refresh token", login["refreshToken"])
    fresh = await hub.ask("POST", "/api/auth/refresh", json={"refreshToken": used})
    canaries.secret(f"{name}'s next refresh token", fresh["refreshToken"])
    return canaries.secret(f"{name}'s access token", fresh["accessToken"])


def _login(name: str, password: str) -> Mapping[str, Any]:
    return {"username": name, "password": password}


async def link(hub: Process, canaries: Canaries, person: Person) -> Person:
    """A connection, linked by a code of either kind; and its webhook key."""
    number = canaries.number("own number")
    body = {"connectionId": "shop", "name": "Shop", "phoneNumber": f"+{number}"}
    await hub.ask("POST", CONNECTIONS, person.token, json=body)
    await hub.state(person.token, "qr")
    await hub.ask("GET", f"{CONNECTIONS}/shop/qr", person.token)
    pairing = f"{CONNECTIONS}/shop/pairing-code"
    await hub.ask(
        "POST", pairing, person.token, json={"phoneNumber": f"+{canaries.number('pairing number')}"}
    )
    await hub.ask("POST", "/leaky/link", person.admin)
    await hub.state(person.token, "online")
    made = await hub.ask("POST", f"{CONNECTIONS}/shop/webhook-keys", person.token)
    webhook = canaries.secret("webhook key", made["key"])
    return Person(admin=person.admin, token=person.token, key=person.key, webhook=webhook)


async def write(hub: Process, canaries: Canaries, person: Person) -> None:
    """Messages out, of which some end badly."""
    for manner in ("plain", "crashing", "refused", "failing", "exploding"):
        to = canaries.number(f"recipient of a {manner} text")
        await hub.send(person.key, canaries.word(f"{manner} text"), f"+{to}")
    to = f"+{canaries.number('recipient of a file')}"
    file = base64.b64encode(secrets.token_bytes(90)).decode()
    media = {
        "data": canaries.word("file", file),
        "filename": canaries.word("file name", f"contract {secrets.token_hex(4)} final.pdf"),
        "mimetype": "application/pdf",
    }
    await hub.send(person.token, {"media": media, "caption": canaries.word("refused caption")}, to)
    place = {"latitude": 32.1, "longitude": 34.8, "name": canaries.word("place")}
    await hub.send(person.token, {"location": place}, to)
    card = {"name": canaries.word("friend"), "number": f"+{canaries.number('friend number')}"}
    await hub.send(person.token, {"contact": card}, to)
    poll = {"question": canaries.word("question"), "options": [canaries.word("option"), "no"]}
    await hub.send(person.token, {"poll": poll}, to)
    await hub.settled(person.token)


async def hear(hub: Process, canaries: Canaries, person: Person) -> None:
    """Messages in, by the page and by the webhook."""
    sender = canaries.number("customer")
    said: dict[str, Any] = {"text": canaries.word("text in"), "sender": f"{sender}@c.us"}
    said["name"] = canaries.word("customer's name")
    await hub.ask("POST", "/leaky/hear", person.admin, json=said)
    file = canaries.word("file in", base64.b64encode(secrets.token_bytes(90)).decode())
    filename = canaries.word("file name in", f"scan {secrets.token_hex(4)}.pdf")
    said |= {"file": file, "filename": filename, "mimetype": "application/pdf"}
    await hub.ask("POST", "/leaky/hear", person.admin, json=said | {"text": canaries.word("caption in")})
    webhook, number = "/api/whatsapp/webhook/shop", canaries.number("webhook's customer")
    body = '{"message": "%s", "sender": "+%s", "timestamp": %d}' % (  # noqa: UP031
        canaries.word("webhook text"),
        number,
        at := int(time.time()),
    )
    signature = sign(to_key(person.webhook), "one", str(at), body.encode())
    signed = {"webhook-id": "one", "webhook-timestamp": str(at), "webhook-signature": signature}
    signed["Content-Type"] = "application/json"
    await hub.ask("POST", webhook, data=body, headers=signed)
    wrong = {**signed, "webhook-signature": f"v1,{canaries.secret('wrong signature')} {person.webhook}"}
    await hub.ask("POST", webhook, data=body, headers=wrong)


async def err(hub: Process, canaries: Canaries, person: Person) -> None:
    """Secrets where they do not belong, and plugins that fall over them."""
    password = canaries.secret("password in a wrong body")
    for secret in (person.token, person.key, password):
        await hub.ask("GET", f"{CONNECTIONS}?token={secret}&password={secret}", person.token)
        await hub.ask("GET", f"/nowhere/{secret}?key={secret}")
        await hub.ask("GET", f"/api/whatsapp/messages/held?x={secret}", person.token)
        named = {
            "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
            "X-Request-Id": secret[:64],
        }
        await hub.ask("GET", CONNECTIONS, headers=named)
        await hub.ask("POST", "/api/auth/login", data=f'{{"password": "{secret}", ', headers=_JSON)
        await hub.ask("POST", "/api/auth/login", json={"username": "x", "password": secret, "extra": secret})
        await hub.ask("POST", "/api/auth/refresh", json={"refreshToken": secret})
        await hub.ask(
            "POST", f"{CONNECTIONS}/shop/send", person.token, json={"to": "x", "message": {"a": secret}}
        )
        for what in ("crash", "forget", "library"):
            await hub.ask("POST", f"/leaky/{what}", person.admin, json={"password": secret})
    crashed = {"text": canaries.word("text of a crash"), "password": canaries.secret("password of a crash")}
    for what in ("crash", "forget", "library"):
        await hub.ask("POST", f"/leaky/{what}", person.admin, json=crashed)
    await asyncio.sleep(0)


_JSON = {"Content-Type": "application/json"}
