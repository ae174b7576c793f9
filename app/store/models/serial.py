"""The kind of column that numbers rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

# SQLite gives its fast row ids only to INTEGER columns; PostgreSQL needs 64 bits.
Serial = BigInteger().with_variant(Integer, "sqlite")
