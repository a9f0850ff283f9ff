"""What Alembic runs for each step, on the connection and in the transaction that `store.upgrade` opened."""

from alembic import context

from chatgrow_bot.store import (  # noqa: F401 (they fill the metadata)
    account_tables,
    bulk_tables,
    conversation_tables,
    customer_tables,
    tables,
)
from chatgrow_bot.store.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite too, which Alembic would not believe
    render_as_batch=True,
)
context.run_migrations()
