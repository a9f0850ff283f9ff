"""Why a connection is paused, when first contacts may go again, since when its account is linked, and who was
asked before a message left."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    empty = sa.text("''")
    op.add_column("connections", sa.Column("paused_because", sa.Text(), nullable=False, server_default=empty))
    op.add_column("connections", sa.Column("first_contacts_until", sa.BigInteger()))
    op.add_column("connections", sa.Column("linked_at", sa.BigInteger()))
    op.add_column("outbox", sa.Column("trace", sa.Text()))
