"""What all tables stand in, and the sizes of their short columns."""

from sqlalchemy import MetaData, String

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMING)

#: In a column's `info`: of two rows that are added up the larger number stays, not the sum.
KEEPS_LARGEST = "keeps largest"

Id, Name, Word = String(32), String(64), String(20)
