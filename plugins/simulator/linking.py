"""How a browser comes to belong to a number: QR codes, pairing codes, and the proof of an old link."""

from __future__ import annotations

import base64
import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .nouns import Device, SimulatorError

#: as WhatsApp's: no letter that looks like a digit
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """A code to be typed on the phone of `number`, until `ends` in the event loop's time."""

    text: str
    number: str
    ends: float


class Unlinked(Protocol):
    """A page that shows a QR code."""

    refs: deque[str]  # the code on the screen, and the one before it for whoever was just scanning
    keys: dict[str, str]  # noise, identity and secret, as the page named them
    pairing: PairingCode | None  # the code that it was given last

    def scanned(self, number: str) -> Device | None:
        """Links the page to the number of the phone that scanned its code; None: later, after a passkey."""


Page = TypeVar("Page", bound=Unlinked)


def new_ref() -> str:
    """A reference in the form of WhatsApp's: a version, then random characters, and never a comma."""
    return "2@" + base64.b64encode(secrets.token_bytes(66)).decode()


def new_code(number: str, ends: float) -> PairingCode:
    """A pairing code for a number."""
    return PairingCode(text="".join(secrets.choice(_LETTERS) for _ in range(8)), number=number, ends=ends)


def page_of_code(pages: Iterable[Page], number: str, code: str, now: float) -> Page:
    """The page that shows this pairing code for the number. Raises SimulatorError when none does any more."""
    text = code.replace("-", "").replace(" ", "").upper()
    for page in pages:
        shown = page.pairing
        if shown and (shown.text, shown.number) == (text, number) and now < shown.ends:
            return page
    raise SimulatorError("no page shows this pairing code for the number, or it has expired")


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
