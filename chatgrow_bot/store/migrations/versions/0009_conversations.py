"""What is expected from customers, conversations that teams have, figures by day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID, _NAME, _WORD = sa.String(32), sa.String(64), sa.String(20)
_NOTHING, _NONE = sa.text("''"), sa.text("0")


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    _dialogues()
    _conversations()
    _tallies()


def _words(name: str, kind: sa.types.TypeEngine[str] = _NAME) -> sa.Column[str]:
    """A text that may be left empty."""
    return sa.Column(name, kind, nullable=False, server_default=_NOTHING)


def _dialogues() -> None:
    op.create_table(
        "dialogues",
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        sa.Column("participant", _NAME, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("plugin", _NAME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _words("farewell", sa.Text()),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "chat", "participant", name="pk_dialogues"),
    )
    op.create_index("ix_dialogues_until", "dialogues", ["until"])


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        _words("name", sa.Text()),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("team", _NAME, nullable=False),
        _words("agent"),
        _words("language", _WORD),
        _words("note", sa.Text()),
        _words("because", sa.Text()),
        _words("message_id", _ID),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        *(sa.Column(f"{each}_at", sa.BigInteger()) for each in ("assigned", "answered", "closed")),
        _words("closed_by"),
        sa.Column("rating", sa.Integer()),
        sa.Column("rating_until", sa.BigInteger()),
        sa.Column("escalations", sa.Integer(), nullable=False, server_default=_NONE),
        *(sa.Column(f"{each}_at", sa.BigInteger()) for each in ("wrote", "spoke", "due")),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    _conversation_indexes()
    _happenings()


def _conversation_indexes() -> None:
    op.create_index("uq_conversations_number", "conversations", ["tenant", "number"], unique=True)
    op.create_index("ix_conversations_state", "conversations", ["tenant", "state", "number"])
    op.create_index("ix_conversations_chat", "conversations", ["connection_id", "chat", "number"])
    op.create_index("ix_conversations_given", "conversations", ["tenant", "team", "assigned_at"])
    for name, where, columns, unique in (
        ("uq_conversations_open", sa.text("state != 'closed'"), ["connection_id", "chat"], True),
        ("ix_conversations_due", sa.text("due_at IS NOT NULL"), ["due_at"], False),
    ):
        op.create_index(
            name, "conversations", columns, unique=unique, sqlite_where=where, postgresql_where=where
        )


def _happenings() -> None:
    op.create_table(
        "happenings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", _WORD, nullable=False),
        sa.Column("by", _NAME, nullable=False),
        _words("team"),
        _words("agent"),
        _words("note", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_happenings"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_happenings_conversation_id_conversations",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_happenings_conversation_id", "happenings", ["conversation_id"])


def _tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("what", _WORD, nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False, server_default=_NONE),
        sa.Column("longest", sa.BigInteger(), nullable=False, server_default=_NONE),
        sa.PrimaryKeyConstraint("tenant", "day", "what", "name", name="pk_tallies"),
    )
