"""A request that is repeated is known by what it says, whatever has become of the file that it names."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    asked = sa.Column("asked", sa.String(64), nullable=False, server_default=sa.text("''"))
    op.add_column("idempotency", asked)
