"""The catalogue's tables, as SQLAlchemy describes them, and the records their rows come back as.

A change raises `CATALOG_VERSION` and comes with the statements that lead from the version before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

CATALOG_VERSION = 2
METADATA = sa.MetaData()


class NewerCatalogue(ValueError):
    """The catalogue was written by a newer Holdfast: it is not touched."""


class Overtaken(ValueError):
    """A snapshot grew from one that is the newest no longer."""


class BrokenCatalogue(ValueError):
    """The catalogue cannot be read or reached."""


def _data_set(**more: Any) -> sa.Column:
    return sa.Column("data_set", sa.Integer, sa.ForeignKey("data_sets.id"), nullable=False, **more)


def _text(name: str, **more: Any) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, **more)


VERSION = sa.Table("schema_version", METADATA, sa.Column("version", sa.Integer, primary_key=True))

DATA_SETS = sa.Table(
    "data_sets",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("tenant", index=True),
    _text("name"),
    _text("kind"),
    _text("currency"),
    _text("zone"),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
)

SNAPSHOTS = sa.Table(
    "snapshots",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    _data_set(index=True),
    _text("fingerprint"),
    sa.Column("previous", sa.Text),
    sa.Column("kept_at", sa.DateTime, nullable=False),
    _text("summary"),
)

FILES = sa.Table(
    "files",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("snapshot", sa.Integer, sa.ForeignKey("snapshots.id"), nullable=False, index=True),
    _text("name"),
    _text("sha256"),
    sa.Column("bytes", sa.BigInteger),
    _text("mapping"),
)

MAPPINGS = sa.Table(
    "mappings",
    METADATA,
    _text("tenant", primary_key=True),
    _text("header", primary_key=True),
    _text("mapping"),
    sa.Column("used_at", sa.DateTime, nullable=False),
)

DEFINITIONS = sa.Table(
    "definitions",
    METADATA,
    _data_set(primary_key=True),
    _text("json"),
    sa.Column("saved_at", sa.DateTime, nullable=False),
)

ANSWERS = sa.Table(
    "answers",
    METADATA,
    _data_set(primary_key=True),
    _text("question", primary_key=True),
    _text("answer"),
    sa.Column("answered_at", sa.DateTime, nullable=False),
)

SAVED_VIEWS = sa.Table(
    "saved_views",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    _data_set(),
    _text("name"),
    _text("page"),
    _text("address"),
    sa.UniqueConstraint("data_set", "name"),
)

PEOPLE = sa.Table(
    "people",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("tenant"),
    _text("email"),
    _text("name"),
    _text("role"),
    sa.UniqueConstraint("tenant", "email"),
)

CONTACT_LISTS = sa.Table(
    "contact_lists",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    _data_set(index=True),
    _text("token"),
    sa.Column("drawn_at", sa.DateTime, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    _text("settings"),
    # A draw that is repeated, by a second click or after the first answer was lost, finds its own list.
    sa.UniqueConstraint("data_set", "token"),
)

CONTACT_MEMBERS = sa.Table(
    "contact_members",
    METADATA,
    sa.Column("list", sa.Integer, sa.ForeignKey("contact_lists.id"), primary_key=True),
    _text("customer", primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("held_out", sa.Boolean, nullable=False),
    _text("reason"),
    _text("stage"),
    _text("step"),
    sa.Column("chance", sa.Float, nullable=False),
    sa.Column("stake", sa.Float, nullable=False),
    _text("state"),
    sa.Column("state_on", sa.Date),
)

CONTACT_EVENTS = sa.Table(
    "contact_events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("list", sa.Integer, sa.ForeignKey("contact_lists.id"), nullable=False, index=True),
    _text("customer"),
    _text("state"),
    sa.Column("state_on", sa.Date),
    sa.Column("written_at", sa.DateTime, nullable=False),
)

CONTACT_LOOKS = sa.Table(
    "contact_looks",
    METADATA,
    sa.Column("list", sa.Integer, sa.ForeignKey("contact_lists.id"), primary_key=True),
    _text("fingerprint", primary_key=True),
    sa.Column("looked_at", sa.DateTime, nullable=False),
)

NEW_TABLES: dict[int, tuple[sa.Table, ...]] = {
    2: (CONTACT_LISTS, CONTACT_MEMBERS, CONTACT_EVENTS, CONTACT_LOOKS)
}
"""The tables that each version added to the one before. A version that changes one of these keeps a copy of it here as
it was, and adds its own statements."""


@dataclass(frozen=True)
class DataSet:
    """`kind` is "orders", "demo" or "cdnow"."""

    id: int
    tenant: str
    name: str
    kind: str
    currency: str
    zone: str
    created_at: dt.datetime


@dataclass(frozen=True)
class SnapshotRow:
    """`summary` holds rows_in, rows_accepted, rows_set_aside, orders, customers, first_day, last_day,
    currency and files (their names); `previous` is the fingerprint of the snapshot it grew from."""

    id: int
    data_set: int
    fingerprint: str
    previous: str | None
    kept_at: dt.datetime
    summary: dict[str, Any]


@dataclass(frozen=True)
class SavedView:
    """`address` is the query string that opens it."""

    id: int
    name: str
    page: str
    address: str


@dataclass(frozen=True)
class Person:
    """`role` is "owner", "analyst" or "reader"."""

    id: int
    tenant: str
    email: str
    name: str
    role: str
