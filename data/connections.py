"""Locked DuckDB connections: one database a process and home, one cursor a script run.

A locked connection reads and writes files in the folders it was given and nowhere else, loads no extension
and keeps its settings: whatever text reaches it, it can neither open another file nor the network.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
from ibis.backends.duckdb import Backend

from data import scratch

MOST_BASES = 8
"""How many homes one process keeps a database for; beyond that the oldest is dropped (tests open many)."""

_bases: dict[Path, duckdb.DuckDBPyConnection] = {}
_guard = Lock()


class LockedBackend(Backend):
    """Ibis over a locked connection: the settings that Ibis would make are made before the lock."""

    def _post_connect(self, extensions: Any = None) -> None:  # noqa: ARG002 - Ibis passes it; none is loaded
        self._record_batch_readers_consumed: dict[str, bool] = {}


def memory_limit() -> str:
    """What DuckDB may use: `$HOLDFAST_MEMORY` (such as "2GB"), else half of the machine's memory."""
    chosen = os.environ.get("HOLDFAST_MEMORY")
    if chosen:
        return chosen
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return f"{max(half // 2**20, 512)}MB"


def locked(folders: Iterable[Path], *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A new in-memory database that can touch only `folders`; what outgrows memory goes to `spill`."""
    con = duckdb.connect(":memory:")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET python_enable_replacements = false")
    con.execute("SET autoinstall_known_extensions = false")
    con.execute("SET autoload_known_extensions = false")
    con.execute(f"SET memory_limit = {quoted(memory_limit())}")
    # An empty folder name turns spilling off; the default would write beside the program.
    con.execute(f"SET temp_directory = {quoted(spill or '')}")
    inside = ", ".join(quoted(Path(folder).resolve()) for folder in folders)
    con.execute(f"SET allowed_directories = [{inside}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def base(home: Path) -> duckdb.DuckDBPyConnection:
    """This process's database for `home`, made at the first call. Never query it: take a `cursor`."""
    home = Path(home).resolve()
    with _guard:
        if home not in _bases:
            while len(_bases) >= MOST_BASES:
                # Not closed: a cursor in use would die with it. The last one dropped closes it.
                _bases.pop(next(iter(_bases)))
            # Two processes must not spill into one folder: DuckDB's files there have the same names.
            _bases[home] = locked([home], spill=scratch.until_exit(home / "spill"))
        return _bases[home]


def cursor(home: Path) -> LockedBackend:
    """An Ibis backend of its own for one script run, over the shared database. Costs microseconds."""
    return LockedBackend.from_connection(base(home).cursor())


def run(
    folder: Path, statements: Iterable[tuple[str, bool, str]], *, also: Iterable[Path] = ()
) -> list[list[tuple] | None]:
    """SQL in this process under the same lock as `opening.run`: (sql, whether to fetch, label) in order.

    Only for files that Holdfast wrote itself; a stranger's file goes through `data.opening`.
    """
    con = locked([folder, *also], spill=Path(folder) / "spill")
    try:
        return [_one(con, sql, fetch) for sql, fetch, _ in statements]
    finally:
        con.close()


def _one(con: duckdb.DuckDBPyConnection, sql: str, fetch: bool) -> list[tuple] | None:
    done = con.execute(sql)
    return done.fetchall() if fetch else None


def quoted(value: object) -> str:
    """`value` as an SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"
