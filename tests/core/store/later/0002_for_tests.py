"""A step with rows: a parent table copied while children point at it, a column filled, an index made."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connections", recreate="auto") as table:
        table.alter_column("name", new_column_name="label")
        table.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="green"))
    op.execute("UPDATE connections SET colour = 'red' WHERE paused")
    op.create_index("ix_connections_colour", "connections", ["colour"])
