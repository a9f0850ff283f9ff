"""The one script put into the page: the pinned wa-js and our bridge. A bundle that is not the one tested is
refused, since it would run inside every linked account."""

import hashlib
import json
from pathlib import Path

from chatgrow_bot.errors import EngineError

from .listening import PATIENT
from .reports import LIMITS

ORIGIN = "https://web.whatsapp.com"
FOLDER = Path(__file__).parent
BUNDLE = FOLDER / "node_modules" / "@wppconnect" / "wa-js" / "dist" / "wppconnect-wa.js"
SHA256 = "5bfb88027f14a4d8c9e319374e8bb4083201906881cf8c74f75789b32e4106bd"  #: of version 4.6.0

#: Defaults would report to an analytics service and hand every link in a message to strangers for a preview.
_WPP_CONFIG = {"disableGoogleAnalytics": True, "linkPreviewApiServers": []}

#: In order: each file leans on those before it.
_BRIDGE = (
    "base", "names", "linking", "contents", "messages", "remarks", "state", "listening", "history", "media",
    "sending", "presence", "groups", "selftest",
)  # fmt: skip


def init_script(bundle: Path = BUNDLE, sha256: str = SHA256) -> str:
    """The script for every page of a session; it does nothing in frames and under other origins.

    Raises EngineError when wa-js is missing or is not, to the byte, the version this bridge was written for.
    """
    parts = [f"window.WPPConfig = {json.dumps(_WPP_CONFIG)};", _bundle(bundle, sha256)]
    limits = f"const LIMITS = {json.dumps(LIMITS)}, PATIENT = {json.dumps(PATIENT)};"
    bridge = "\n".join((FOLDER / "bridge" / f"{name}.js").read_text("utf-8") for name in _BRIDGE)
    parts.append(
        f"(() => {{\n'use strict';\n{limits}\n{bridge}\n}})()"
    )  # nothing of it lies open in the page
    inner = ";\n".join(parts)
    return f"if (window === top && location.origin === {json.dumps(ORIGIN)}) {{\n{inner}\n}}"


def _bundle(path: Path, sha256: str) -> str:
    command = f"run `npm ci` in {FOLDER}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EngineError(f"wa-js is not installed: {command}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise EngineError(f"wa-js at {path} is not the pinned version (its SHA-256 differs): {command}")
    return data.decode("utf-8")
