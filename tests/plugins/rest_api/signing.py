"""Whoever writes from outside, with the standard's own library to sign."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from .conftest import CONNECTIONS, Api, Reply

WEBHOOK = "/api/whatsapp/webhook"
SENDER = "15551230042@c.us"
JSON = {"Content-Type": "application/json"}


def body_of(now: datetime, message: str = "When do you open?", **more: Any) -> bytes:
    """A body as a sender writes it: nothing in it is as we would write it."""
    body = {"timestamp": int(now.timestamp()), "sender": "+1 555 123 0042", "message": message, **more}
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def signed(key: str, at: datetime, body: bytes, id_: str = "msg_1", ahead: float = 0) -> Mapping[str, str]:
    """The headers of a request that was sent so many seconds ahead of a time."""
    moment = at + timedelta(seconds=ahead)
    return {
        **JSON,
        "webhook-id": id_,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(key).sign(id_, moment, body.decode()),
    }


async def key_of(api: Api, connection_id: str = "shop", user: str = "operator") -> str:
    """A fresh key."""
    made = await api.ask("POST", f"{CONNECTIONS}/{connection_id}/webhook-keys", user)
    assert made.status == 201, made
    return str(made.body["key"])


async def bring(api: Api, key: str, id_: str = "msg_1", connection_id: str = "shop", **what: Any) -> Reply:
    """A message, rightly signed."""
    body = body_of(api.clock.now(), **what)
    headers = signed(key, api.clock.now(), body, id_)
    return await api.ask("POST", f"{WEBHOOK}/{connection_id}", None, data=body, headers=headers)
