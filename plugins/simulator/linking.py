"""How a browser comes to belong to a number: references shown as QR codes, and the proof of an old link."""

from __future__ import annotations

import base64
import secrets
from collections import deque
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .nouns import Device, SimulatorError


class Unlinked(Protocol):
    """A page that shows a QR code."""

    refs: deque[str]  # the code on the screen, and the one before it for whoever was just scanning
    keys: dict[str, str]  # noise, identity and secret, as the page named them

    def scanned(self, number: str) -> Device:
        """Links the page to the number of the phone that scanned its code."""


def new_ref() -> str:
    """A reference in the form of WhatsApp's: a version, then random characters, and never a comma."""
    return "2@" + base64.b64encode(secrets.token_bytes(66)).decode()


def find_page(pages: list[Unlinked], qr_text: str) -> Unlinked:
    """The page that shows this code: `ref,noise key,identity key,secret`.

    Raises SimulatorError for another text, a code no page shows now, and keys that are not the page's.
    """
    parts = qr_text.split(",")
    if len(parts) < 4 or not parts[0].startswith("2@"):
        raise SimulatorError("this is not WhatsApp's QR code")
    ref, noise, identity, secret = parts[:4]
    for page in pages:
        if ref in page.refs:
            if page.keys != {"noise": noise, "identity": identity, "secret": secret}:
                raise SimulatorError("the keys in the QR code are not the keys of the page that shows it")
            return page
    raise SimulatorError("the QR code has expired: scan the one shown now")


def proves(device: Device, nonce: str, signature: str) -> bool:
    """Whether `signature` (base64) over `nonce` was made with the private key of the device."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(device.identity))
        key.verify(base64.b64decode(signature), nonce.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
