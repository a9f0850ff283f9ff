"""What schemathesis makes of the hub's own document: requests that fit it and requests that do not, sequences
of them, and a judgement of every answer by all of its checks. It runs as a process of its own, so that what
it computes does not hold up the hub, which lives in ours."""

import asyncio
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .world import Tenant, World

Json = dict[str, Any]

#: A logout would end the token that all other cases need, and a stream does not end; other checks try them.
_LEFT_ALONE = ("authLogout", "authChangePassword", "eventStream")
#: A path's id that is none of those in `_narrowed`.
_LEFT_OUT = re.compile(r"in path - violates `enum` at /properties/\w+")
#: Right for the document, and refused all the same: a schema cannot say what is a phone number, who is
#: there, or that an integer must fit into 64 bits.
_REFUSED = ["2xx", 400, 401, 403, 404, 406, 409, 412, 416, 422, 429]
_REJECTED = [400, 401, 403, 404, 405, 406, 409, 413, 415, 416, 422, 429]
_SETTINGS = f"""
continue-on-failure = true
request-timeout = 60
hooks = "{{hooks}}"
[generation]
database = "none"
allow-x00 = false
[checks.positive_data_acceptance]
expected-statuses = {json.dumps(_REFUSED)}
[checks.negative_data_rejection]
expected-statuses = {json.dumps(_REJECTED)}

# these paths are also those of a message, a key, ... named so: what another method does there is its route's
[[operations]]
include-path-regex = "/(held|rotate)$"
[operations.checks.unsupported_method]
enabled = false
[operations.checks.allow_header_conformance]
enabled = false

# a signature and a token are two ways in, and only the token is taken away
[[operations]]
include-operation-id = "webhookReceive"
[operations.checks.ignored_auth]
enabled = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What came of it."""

    cases: int
    answered: Mapping[int, int]  #: how often each status was answered
    failures: Sequence[str]  #: in a line each


async def generated(
    world: World, tenant: Tenant, folder: Path, *, most: int, phases: str, only: str = ""
) -> Generated:
    """Let it loose as a tenant: at most so many cases for an operation and phase."""
    _, told = await world.ask("GET", "/api/openapi.json", {})
    document, settings = _laid_out(folder, _narrowed(told, world, tenant))
    others = ",".join(other.mark for other in world.tenants if other.name != tenant.name)
    report = folder / "report.ndjson"
    words = ["run", str(document), "--url", world.url, "--no-shrink", "--seed", "14"]
    words += ["-n", str(most), "--phases", phases, "--warnings", "off", "--report", "ndjson"]
    words += ["--report-ndjson-path", str(report)]
    for name, value in tenant.headers.items():
        words += ["-H", f"{name}: {value}"]
    for operation in _LEFT_ALONE:
        words += ["--exclude-operation-id", operation]
    if only:
        words += ["--include-operation-id-regex", only]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "schemathesis.cli", "--config-file", str(settings), *words),
        env={"CHATGROW_FOREIGN": others, "PATH": "", "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    try:
        return await asyncio.to_thread(_read, report)
    except OSError as error:
        raise RuntimeError(f"schemathesis did not run: {said.decode()[-2000:]}") from error


def _laid_out(folder: Path, told: Json) -> tuple[Path, Path]:
    """What it reads: the document, and its settings."""
    folder.mkdir()
    document, settings = folder / "openapi.json", folder / "schemathesis.toml"
    document.write_text(json.dumps(told))
    settings.write_text(_SETTINGS.replace("{hooks}", f"{__package__}.watching"))
    return document, settings


def _narrowed(told: Json, world: World, tenant: Tenant) -> Json:
    """The document with ids that there are, one's own and others', instead of all that there could be."""
    own, others = tenant, [other for other in world.tenants if other.name != tenant.name]
    known = {
        "connectionId": [*own.connections, others[0].connections[0], "nobody"],
        "messageId": [*own.messages, others[0].messages[0], "0" * 32],
        "userId": [*own.users, "0" * 32],
        "chat": ["14155550123@c.us", "+14155550123", "120363041234567890@g.us", "nobody"],
        "number": ["+14155550123", "nobody"],
    }
    for operations in told["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
                    parameter.pop("example", None)
            # nobody waits for a minute here
            kept = [each for each in operation.get("parameters", ()) if each["name"] != "wait"]
            operation["parameters"] = kept
    return told


def _read(report: Path) -> Generated:
    answered: dict[int, int] = {}
    failures: dict[str, None] = {}
    cases = 0
    for line in report.read_text().splitlines():
        (kind, event), *_ = json.loads(line).items()
        if kind == "NonFatalError":
            failures[f"{event.get('label')}: {event['value']}"] = None
        elif kind == "ScenarioFinished":
            recorder = event["recorder"]
            cases += len(recorder.get("cases", ()))
            for interaction in recorder.get("interactions", {}).values():
                if status := interaction.get("response", {}).get("status_code"):
                    answered[status] = answered.get(status, 0) + 1
            checks = [each for found in recorder.get("checks", {}).values() for each in found]
            failures |= {_said(recorder["label"], each): None for each in checks if _failed(each)}
    return Generated(cases=cases, answered=answered, failures=tuple(failures))


def _failed(check: Json) -> bool:
    """Not for an id that we left out of the document: another may be there, or be made meanwhile."""
    return check["status"] == "failure" and not _LEFT_OUT.search(json.dumps(check))


def _said(label: str, check: Json) -> str:
    known = {key: value for key, value in check.items() if key not in ("name", "status")}
    return " ".join(f"{label}: {check['name']}: {json.dumps(known)}".split())[:600]
