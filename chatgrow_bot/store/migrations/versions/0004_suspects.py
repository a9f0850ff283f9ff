"""The messages that an earlier process may have died of are found without reading the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    where = sa.text("recoveries > 0")
    op.create_index(
        "ix_outbox_recovered",
        "outbox",
        ["id"],
        sqlite_where=where,
        postgresql_where=where,
    )
