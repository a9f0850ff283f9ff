"""The README's examples are what the API takes, and none of its routes is missing."""

import json
import re

from chatgrow_bot.errors import BadInput
from chatgrow_bot.host.loader import built_in_folder
from chatgrow_bot.server.bodies import fit

from .conftest import Api, part

README = (built_in_folder() / "rest_api" / "README.md").read_text()


def fits_one(body: object) -> bool:
    for model in ("Login", "NewConnection", "ConnectionPatch", "Send", "CommandCall"):
        try:
            fit(body, getattr(part("models"), model))
        except BadInput:
            continue
        return True
    return False


def test_every_example_is_a_body_that_is_taken() -> None:
    bodies = re.findall(r"-d '(\{.*\})'", README)
    assert len(bodies) >= 8
    assert all(fits_one(json.loads(body)) for body in bodies)


async def test_every_route_has_an_example(api: Api) -> None:
    told = README.replace("$SEND", "$API/api/whatsapp/connections/shop/send").replace(
        "$QR", "$API/api/whatsapp/connections/shop/qr"
    )
    calls = [line for line in told.splitlines() if "curl" in line or line.startswith("QR=")]
    for route in api.routes():
        path = re.sub(r"\{.*?\}", "(shop|NAME|\\\\$ID)", route.path)
        found = [line for line in calls if re.search(rf"\$API{path}[\"? )]|\$API{path}$", line)]
        if route.method in ("PUT", "DELETE"):
            found = [line for line in found if f"-X {route.method}" in line]
        assert found or "/api/whatsapp/health" in route.path, route
