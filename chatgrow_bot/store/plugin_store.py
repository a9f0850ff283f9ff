"""What plugins remember: JSON values by plugin instance, tenant and key."""

from typing import Any

from sqlalchemy import Connection, delete, select

from .dialect import upsert
from .tables import plugin_store as t


def get(conn: Connection, instance: str, tenant: str, key: str) -> Any:
    """The value, or None."""
    return conn.execute(
        select(t.c.value).where(t.c.instance == instance, t.c.tenant == tenant, t.c.key == key)
    ).scalar()


def put(conn: Connection, instance: str, tenant: str, key: str, value: Any) -> None:
    """Keep a value, in place of what was there."""
    conn.execute(upsert(t).values(instance=instance, tenant=tenant, key=key, value=value))


def remove(conn: Connection, instance: str, tenant: str, key: str) -> None:
    """Forget a value."""
    conn.execute(delete(t).where(t.c.instance == instance, t.c.tenant == tenant, t.c.key == key))


def items(conn: Connection, instance: str, tenant: str, prefix: str = "") -> dict[str, Any]:
    """All values whose key begins so, in key order."""
    rows = conn.execute(
        select(t.c.key, t.c.value)
        .where(t.c.instance == instance, t.c.tenant == tenant, t.c.key.startswith(prefix, autoescape=True))
        .order_by(t.c.key)
    )
    return {row.key: row.value for row in rows}
