"""The plugin's own tables: endpoints made over the API, how far each feed has come, what was refused, and
what was sent lately. Every row is a tenant's."""

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, String, Table

from chatgrow_bot.store.types import Json, Moment, Words

metadata = MetaData()

endpoints = Table(
    "webhooks_endpoints",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("url", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("events", Json),
    Column("connections", Json),
    Column("secrets", Json, nullable=False),  # sealed, the newest first, each with when it ends
    Column("created_at", Moment, nullable=False),
)
#: One row for each feed; the live one's also says since when the endpoint is disabled, and why.
places = Table(
    "webhooks_places",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("endpoint", String(64), primary_key=True),
    Column("feed", String(16), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("event_id", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment),
    Column("stopped_at", Moment),
    Column("stopped_because", Words, nullable=False),
)
letters = Table(
    "webhooks_letters",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("endpoint", String(64), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String(64), nullable=False),
    Column("event_tenant", String(64), nullable=False),
    Column("connection_id", String(64), nullable=False),  # empty when the event is of none
    Column("type", String(64), nullable=False),
    Column("status", Integer),
    Column("reason", Words, nullable=False),
    Column("at", Moment, nullable=False),
)
deliveries = Table(
    "webhooks_deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("endpoint", String(64), nullable=False),
    Column("connection_id", String(64)),  # null: it was no event, but a test
    Column("at", Moment, nullable=False),
    Column("line", Json, nullable=False),
)
Index("webhooks_deliveries_of", deliveries.c.tenant, deliveries.c.endpoint, deliveries.c.id)
Index("webhooks_deliveries_at", deliveries.c.at)
Index("webhooks_letters_at", letters.c.at)


def first(conn: Connection) -> None:
    """All of them."""
    metadata.create_all(conn)


STEPS = (first,)
