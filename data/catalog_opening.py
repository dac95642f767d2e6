"""How a catalogue is opened: the engine, its schema version, and the way from older versions to this one."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from data import catalog_tables as t
from data.catalog_tables import BrokenCatalogue, NewerCatalogue
from words import text


def bring_up(engine: sa.Engine) -> None:
    """Make the tables of a new catalogue, or lead one of an older version over, in one transaction.

    Raises NewerCatalogue, which leaves it untouched, and BrokenCatalogue.
    """
    try:
        found = _version(engine)
        if found is None or found < t.CATALOG_VERSION:
            with engine.begin() as con:
                _lead_over(con)
            found = _version(engine)
    except sa.exc.DatabaseError as fault:
        raise BrokenCatalogue(
            text(
                "The catalogue {where} cannot be read: {why}. Your snapshots lie beside it untouched. Put a copy of the "
                "file back, or move it away and import your files again.",
                where=_where(engine),
                why=str(fault.orig),
            )
        ) from fault
    if found is not None and found > t.CATALOG_VERSION:
        raise NewerCatalogue(
            text(
                "The catalogue {where} was written by a newer Holdfast (version {found}; this one knows "
                "up to {known}). Nothing was changed. Update Holdfast, or set HOLDFAST_HOME to another "
                "folder.",
                where=_where(engine),
                found=found,
                known=t.CATALOG_VERSION,
            )
        )


def _where(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _version(engine: sa.Engine) -> int | None:
    """None where there is no catalogue yet."""
    reader = engine.execution_options(reading=True)
    if not sa.inspect(reader).has_table(t.VERSION.name):
        return None
    with reader.connect() as con:
        return con.execute(sa.select(sa.func.max(t.VERSION.c.version))).scalar_one()


def _lead_over(con: sa.Connection) -> None:
    # Two processes may start at once: the second waits for this transaction and finds everything done.
    con.execute(CreateTable(t.VERSION, if_not_exists=True))
    found = con.execute(sa.select(sa.func.max(t.VERSION.c.version))).scalar_one()
    if found is None:
        _create(con, t.METADATA.sorted_tables)
        con.execute(t.VERSION.insert().values(version=t.CATALOG_VERSION))
        return
    for version in range(found, t.CATALOG_VERSION):
        _create(con, t.NEW_TABLES[version + 1])
        con.execute(t.VERSION.update().values(version=version + 1))


def _create(con: sa.Connection, tables: Any) -> None:
    for table in tables:
        con.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            con.execute(CreateIndex(index, if_not_exists=True))


def insert(con: sa.Connection, table: sa.Table, **values: Any) -> int:
    """The number of the new row."""
    key = con.execute(table.insert().values(**values)).inserted_primary_key
    if key is None:
        raise RuntimeError(f"The database gave no number for a new row of {table.name}.")
    return int(key[0])


@lru_cache(maxsize=16)
def engine(url: str) -> sa.Engine:
    """One engine, and so one pool of connections, for each database."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    # A SQLite connection costs less than keeping one open for a thread that may never come back.
    made = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": 30, "isolation_level": None})
    sa.event.listen(made, "connect", _on_connect)
    sa.event.listen(made, "begin", _on_begin)
    return made


def _on_connect(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _on_begin(connection: sa.Connection) -> None:
    # A writer that begins as a reader fails when another wrote meanwhile; IMMEDIATE waits its turn instead.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
