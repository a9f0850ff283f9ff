"""The installation's own key: of it come the secrets that sign, and with it those are sealed that have to be
stored and read again. It lies in a file beside the database, so that a copy of the database gives none away.
"""

import base64
import hmac
import secrets
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken

from .errors import ConfigError
from .private import read_own, write_new

FILE = "secret.key"

_BYTES = 32


class Vault:
    """Derives and seals with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._fernet = Fernet(base64.urlsafe_b64encode(self.derive("seal")))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """With the key that lies in the folder, made (0600) where there is none yet. Raises ConfigError for a
        file that is no key, or that others may read."""
        file = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not file.exists():
                write_new(file, secrets.token_hex(_BYTES).encode() + b"\n")
            key = bytes.fromhex(read_own(file).decode().strip())
        except (OSError, ValueError) as error:
            raise ConfigError(f"The installation's key in {file} cannot be used: {error}") from error
        if len(key) < _BYTES:
            raise ConfigError(f"The installation's key in {file} is shorter than {_BYTES} bytes")
        return cls(key)

    def derive(self, purpose: str) -> bytes:
        """32 bytes of which nothing about the key, or those for another purpose, can be learnt."""
        return hmac.digest(self._key, purpose.encode(), "sha256")

    def seal(self, secret: str) -> str:
        """A secret in a form that may be stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """What was sealed; None when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
