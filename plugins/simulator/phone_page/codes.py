"""The QR codes that open pages show at this moment, drawn for the camera of a phone without one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import qrcode

from ..page_session import PageSession


def shown_codes(sessions: Iterable[PageSession]) -> list[dict[str, Any]]:
    """The text of each code, as a phone scans it, and its modules: rows of 0 and 1."""
    texts = [
        ",".join((page.refs[-1], *(page.keys[name] for name in ("noise", "identity", "secret"))))
        for page in sessions
        if page.refs
    ]
    return [{"text": text, "modules": _modules(text)} for text in texts]


def _modules(text: str) -> list[str]:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=0)
    code.add_data(text)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]
