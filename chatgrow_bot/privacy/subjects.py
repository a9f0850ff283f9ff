"""Of whom the log speaks: each person under a key of his own, made when he first stands in it and destroyed
when he is erased."""

import hmac
import secrets

from sqlalchemy import Connection

from ..hub import Sealer
from ..store import privacy_log
from ..store.people import Person


def subject_of(conn: Connection, person: Person, vault: Sealer) -> str:
    """As what a person stands in the log; to be called in a transaction that writes."""
    kept = privacy_log.sealed_key(conn, person)
    if kept is not None and (key := vault.unseal(kept[1])):
        return _subject(kept[0], key)
    privacy_log.destroy_keys(conn, person)  # sealed by another installation's key, it is of no use
    key = secrets.token_hex(32)
    privacy_log.keep_key(conn, person, vault.seal(key))
    return _subject(person.chat, key)


def name_of(conn: Connection, tenant: str, subject: str, vault: Sealer) -> str | None:
    """Who it is, as long as he has his key."""
    for name, sealed in privacy_log.all_keys(conn, tenant):
        if (key := vault.unseal(sealed)) and hmac.compare_digest(_subject(name, key), subject):
            return name
    return None


def _subject(name: str, key: str) -> str:
    return hmac.digest(bytes.fromhex(key), name.encode(), "sha256").hex()
