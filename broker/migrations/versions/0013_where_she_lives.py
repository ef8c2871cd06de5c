"""Tokens of where she lives: what was kept in the order of the old kinds is put in that of the new, with none of these.

Eleven kinds more: one after the ninth, the rest at the end. So nobody has to be registered again; whoever registers a person
again with her address adds its tokens to hers.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
_BEFORE, _KINDS = 9, 39


def upgrade() -> None:
    """Forward only: the state before is that of a backup."""
    first, rest, values = f"substr(tokens, 1, {_BEFORE})", f"substr(tokens, {_BEFORE + 1}, {_KINDS - _BEFORE})", _KINDS + 1
    if op.get_bind().dialect.name == "sqlite":
        one, ten = "x'00'", f"x'{'00' * 10}'"
        whole = f"CAST({first} || {one} || {rest} || {ten} || substr(tokens, {values}) AS BLOB)"
    else:
        one, ten = "'\\x00'::bytea", f"'\\x{'00' * 10}'::bytea"
        whole = f"{first} || {one} || {rest} || {ten} || substr(tokens, {values})"
    op.execute(f"UPDATE known SET tokens = {whole}")  # noqa: S608  # numbers of this module and nothing else
