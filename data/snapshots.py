"""Immutable Parquet snapshots, each with a fingerprint, and a checksum for every file.

    <home>/<tenant>/snapshots/<fingerprint>/{orders,order_lines,customers,...,ledger}.parquet + manifest.json

A snapshot is made under a temporary name, written to the disk, then renamed, then entered in the catalogue:
a process killed at any moment leaves earlier snapshots whole and no half one. Nothing is overwritten.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from data import manifests, matching, scratch
from data.catalog import LOCAL, Catalog
from data.manifests import Broken, verify
from data.manifests import read as read_manifest
from data.tables import SCHEMA_VERSION, TABLES
from shop import Shop
from words import text

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

__all__ = [
    "FILES",
    "Broken",
    "Kept",
    "fingerprint",
    "fingerprint_of",
    "home",
    "keep",
    "open_shop",
    "open_table",
    "place",
    "read_manifest",
    "sources_of",
    "verify",
]

FILES = (*TABLES, "set_aside", "ledger", "versions")
"""The Parquet files a snapshot may hold. `versions` says which source each order came from (merging.py)."""

SUMMARY = (
    *("rows_in", "rows_accepted", "rows_set_aside"),
    *("orders", "customers", "first_day", "last_day", "currency"),
)

_ARROW_TYPES = {
    "text": "string",
    "time": "timestamp[us]",
    "date": "date32[day]",
    "money": "decimal128(18, 4)",
    "number": "double",
    "integer": "int64",
    "flags": "int32",
}


@dataclass(frozen=True)
class Kept:
    """A snapshot in its place: `folder`, and `manifest` as `read_manifest` gives it."""

    fingerprint: str
    folder: Path
    manifest: dict[str, Any]


def home() -> Path:
    """Where everything is kept: `$HOLDFAST_HOME`, else `.holdfast` in the working folder."""
    return Path(os.environ.get("HOLDFAST_HOME") or ".holdfast").resolve()


def place(home: Path, tenant: str, fingerprint: str) -> Path:
    """The folder of a snapshot. Raises ValueError for names that are not a tenant's or a fingerprint."""
    if not re.fullmatch(r"[0-9a-f]{64}", fingerprint):
        raise ValueError(
            text("{name} is not a fingerprint: 64 hexadecimal digits were expected.", name=repr(fingerprint))
        )
    return scratch.room(home, tenant) / "snapshots" / fingerprint


def fingerprint(sources: Iterable[str], mapping: str, zone: str, schema_version: int = SCHEMA_VERSION) -> str:
    """64 hexadecimal digits that name the contents: source bytes (their sha256, in the order they were
    merged), mapping (JSON), shop zone and schema version."""
    parts = {"sources": list(sources), "mapping": mapping, "zone": zone, "schema": schema_version}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def sources_of(draft: dict[str, Any]) -> list[dict[str, Any]]:
    """The files behind a draft or a manifest, first upload first, each with its own mapping."""
    if "sources" in draft:
        return list(draft["sources"])
    carried = ("newest", "rows_in", "rows_accepted", "rows_set_aside", "format", "upload")
    facts = {k: draft[k] for k in carried if k in draft}
    return [{**draft["source"], "mapping": draft.get("mapping"), **facts}]


def fingerprint_of(draft: dict[str, Any]) -> str:
    """The fingerprint a draft (the contents of draft.json) will be kept under."""
    sources = sources_of(draft)
    said = [[s.get("mapping"), s.get("how", ""), s.get("upload")] for s in sources]
    mapping = json.dumps(said, sort_keys=True)
    return fingerprint([s["sha256"] for s in sources], mapping, draft["zone"])


def keep(
    draft: Path,
    *,
    home: Path,
    tenant: str = LOCAL,
    data_set: int | None = None,
    previous: str | None = None,
) -> Kept:
    """Keep a draft folder (draft.json and Parquet files) as a snapshot and enter it in the catalogue.

    The draft's Parquet files move into the snapshot: the draft is used up. `previous` is the fingerprint of
    the snapshot this one grew from; without `data_set` nothing is entered. Keeping the same contents again,
    even from two processes at once, gives the one snapshot. Raises ValueError where a table lacks the columns
    of `data/tables.py`.
    """
    draft = Path(draft)
    facts = json.loads((draft / "draft.json").read_text(encoding="utf-8"))
    name = fingerprint_of(facts)
    folder = place(home, tenant, name)
    if not manifests.whole(folder):
        with scratch.folder(folder.parent) as making:
            _write(draft, facts, making, name, previous)
            _put(making, folder)
    manifest = read_manifest(folder)
    if data_set is not None:
        sources = manifest["sources"]
        summary = {**manifest["summary"], "files": [s.get("name", "") for s in sources]}
        Catalog(home).add_snapshot(
            data_set, name, summary=summary, previous=previous, files=sources, tenant=tenant
        )
    for table in FILES:
        (draft / f"{table}.parquet").unlink(missing_ok=True)
    return Kept(name, folder, manifest)


def _write(draft: Path, facts: dict[str, Any], making: Path, name: str, previous: str | None) -> None:
    files = {}
    for table in FILES:
        source = draft / f"{table}.parquet"
        if not source.exists():
            continue
        rows = _checked(source, table)
        target = making / source.name
        scratch.link(source, target)
        _to_disk(target)
        files[source.name] = {
            "sha256": manifests.sha256(target),
            "bytes": target.stat().st_size,
            "rows": rows,
        }
    manifest = {
        **{k: v for k, v in facts.items() if k not in ("source", "mapping", *SUMMARY)},
        "fingerprint": name,
        "schema_version": SCHEMA_VERSION,
        "kept_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "previous": previous,
        "sources": sources_of(facts),
        "summary": {k: facts[k] for k in SUMMARY if k in facts},
        "files": files,
    }
    _to_disk(manifests.write(making, manifest))
    _to_disk(making)


def _put(making: Path, folder: Path) -> None:
    """Rename into place. Another process may have been quicker: then its snapshot is the one."""
    for _ in range(5):
        try:
            making.rename(folder)
        except OSError as fault:
            if fault.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if manifests.whole(folder):
                return
            _set_aside(folder)
        else:
            _to_disk(folder.parent)
            return
    raise Broken(text("The snapshot {folder} is broken and could not be replaced.", folder=folder))


def _set_aside(folder: Path) -> None:
    """A damaged snapshot makes way for the same contents, freshly read; it stays for whoever looks."""
    try:
        folder.rename(folder.with_name(f"broken-{os.urandom(8).hex()}"))
    except FileNotFoundError:
        return  # another process did it first


def _checked(path: Path, table: str) -> int:
    """The number of rows; raises ValueError where the columns are not those of `data/tables.py`."""
    meta = pq.read_metadata(path)
    found = meta.schema.to_arrow_schema()
    for place, column in enumerate(TABLES.get(table, ())):
        here = found.field(place) if place < len(found) else None
        if here is None or here.name != column.name or str(here.type) != _ARROW_TYPES[column.kind]:
            raise ValueError(
                text(
                    "Column {n} of {table} is {found}; {wanted} ({kind}) was expected there.",
                    n=place + 1,
                    table=table,
                    found=f"{here.name} ({here.type})" if here else text("missing"),
                    wanted=column.name,
                    kind=_ARROW_TYPES[column.kind],
                )
            )
    return int(meta.num_rows)


def open_table(connection: Backend, folder: Path, name: str) -> ir.Table | None:
    """One file of a snapshot (see FILES), verified; None where it is missing or a side table without rows."""
    folder = Path(folder).resolve()
    return _open(connection, folder, read_manifest(folder), name)


def _open(connection: Backend, folder: Path, manifest: dict[str, Any], name: str) -> ir.Table | None:
    facts = manifest["files"].get(f"{name}.parquet")
    if facts is None or (facts["rows"] == 0 and name in TABLES and name != "orders"):
        return None
    path = folder / f"{name}.parquet"
    manifests.verified_once(path, facts)
    return connection.read_parquet(path)


def open_shop(connection: Backend, folder: Path, *, name: str | None = None) -> Shop:
    """The snapshot as a `Shop` over `connection` (see connections.cursor). Raises Broken.

    `name` is what people call the shop; None takes the name it was imported under.
    """
    folder = Path(folder).resolve()
    manifest = read_manifest(folder)
    orders = _open(connection, folder, manifest, "orders")
    if orders is None:
        raise Broken(text("The snapshot {folder} holds no orders.", folder=folder))
    sides = {side: _open(connection, folder, manifest, side) for side in TABLES if side != "orders"}
    if sides["surveys"] is not None:
        sides["surveys"] = matching.by_email(sides["surveys"], orders)
    return Shop(
        fingerprint=manifest["fingerprint"],
        name=name or manifest.get("name") or "",
        orders=orders,
        **sides,
        currency=manifest["summary"].get("currency") or "",
        zone=manifest["zone"],
        synthetic=bool(manifest.get("synthetic")),
        splits=tuple((column, header) for column, header in manifest.get("splits", ())),
    )


def _to_disk(path: Path) -> None:
    """Ask the operating system to write a file or folder through to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
