"""The README's examples are what the API takes, and none of its routes is missing."""

import json
import re

from chatgrow_bot.errors import BadInput
from chatgrow_bot.host.loader import built_in_folder
from chatgrow_bot.server.bodies import fit

from .conftest import Api, body_models

README = (built_in_folder() / "rest_api" / "README.md").read_text()


#: What stands for the beginning of a path.
SHORT = {
    "$SEND": "$API/api/whatsapp/connections/shop/send",
    "$QR": "$API/api/whatsapp/connections/shop/qr",
    "$ONE": "$API/api/whatsapp/messages/$ID",
    "$SHOP": "$API/api/whatsapp/connections/shop",
}


def fits_one(body: object) -> bool:
    for model in body_models():
        try:
            fit(body, model)
        except BadInput:
            continue
        return True
    return False


def test_every_example_is_a_body_that_is_taken() -> None:
    told = re.sub(r"'\$\(date .*?\)'", "2026-01-02T09:00:00Z", README)  # what a shell makes of it
    bodies = re.findall(r"-d '(\{.*\})'", told)
    assert len(bodies) >= 19
    assert all(fits_one(json.loads(body)) for body in bodies)


async def test_every_route_has_an_example(api: Api) -> None:
    told = README
    for short, long in SHORT.items():
        told = told.replace(short, long)
    calls = [line for line in told.splitlines() if "curl" in line or line.startswith("QR=")]
    for route in api.routes():
        path = re.sub(r"\{.*?\}", r"(shop|NAME|CHAT|docs\\.css|\\$[A-Z_]+|\\+\\d+)", route.path)
        found = [line for line in calls if re.search(rf"\$API{path}[\"? )]|\$API{path}$", line)]
        if route.method in ("PUT", "DELETE"):
            found = [line for line in found if f"-X {route.method}" in line]
        assert found or "/api/whatsapp/health" in route.path, route
