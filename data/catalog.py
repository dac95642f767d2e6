"""Which data sets, snapshots, saved views and people there are.

SQLAlchemy over SQLite at <home>/catalog.sqlite, or over `$HOLDFAST_DATABASE_URL` when hosted. Every call has
a connection and a transaction of its own, so threads may share a Catalog. Rows come back as frozen records.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from data import catalog_tables as t
from data.catalog_opening import bring_up, engine, insert, now
from data.catalog_tables import (
    BrokenCatalogue,
    DataSet,
    NewerCatalogue,
    Overtaken,
    Person,
    SavedView,
    SnapshotRow,
)
from words import text

__all__ = [
    "LOCAL",
    "BrokenCatalogue",
    "Catalog",
    "DataSet",
    "NewerCatalogue",
    "Overtaken",
    "Person",
    "SavedView",
]

LOCAL = "local"
"""The tenant of a dashboard that one person runs for themselves."""


class Catalog:
    """The catalogue of one home. Raises NewerCatalogue, BrokenCatalogue."""

    def __init__(self, home: Path) -> None:
        Path(home).mkdir(parents=True, exist_ok=True)
        path = Path(home).resolve() / "catalog.sqlite"
        self.engine = engine(os.environ.get("HOLDFAST_DATABASE_URL") or f"sqlite:///{path}")
        self.reader = self.engine.execution_options(reading=True)
        bring_up(self.engine)

    # Data sets

    def data_sets(self, tenant: str = LOCAL) -> list[DataSet]:
        """Those not deleted, oldest first."""
        c = t.DATA_SETS.c
        asked = sa.select(t.DATA_SETS).where(c.tenant == tenant, c.deleted_at.is_(None)).order_by(c.id)
        with self.reader.connect() as con:
            return [_data_set(row) for row in con.execute(asked)]

    def data_set(self, data_set: int, tenant: str = LOCAL) -> DataSet:
        """One of a tenant's data sets. Raises ValueError where there is none by that number."""
        c = t.DATA_SETS.c
        asked = sa.select(t.DATA_SETS).where(c.id == data_set, c.tenant == tenant, c.deleted_at.is_(None))
        with self.reader.connect() as con:
            row = con.execute(asked).one_or_none()
        if row is None:
            raise ValueError(text("There is no data set {n} here; it may have been deleted.", n=data_set))
        return _data_set(row)

    def create_data_set(
        self, tenant: str, name: str, kind: str = "orders", currency: str = "", zone: str = "UTC"
    ) -> DataSet:
        with self.engine.begin() as con:
            number = insert(
                con,
                t.DATA_SETS,
                tenant=tenant,
                name=_name(name),
                kind=kind,
                currency=currency,
                zone=zone,
                created_at=now(),
            )
        return self.data_set(number, tenant)

    def rename_data_set(self, data_set: int, name: str, tenant: str = LOCAL) -> None:
        self._change(data_set, tenant, name=_name(name))

    def set_currency_and_zone(self, data_set: int, currency: str, zone: str, tenant: str = LOCAL) -> None:
        self._change(data_set, tenant, currency=currency, zone=zone)

    def delete_data_set(self, data_set: int, tenant: str = LOCAL) -> None:
        """Marks it: it is no longer listed; its snapshots stay where they are."""
        self._change(data_set, tenant, deleted_at=now())

    def _change(self, data_set: int, tenant: str, **values: Any) -> None:
        self.data_set(data_set, tenant)
        with self.engine.begin() as con:
            con.execute(t.DATA_SETS.update().where(t.DATA_SETS.c.id == data_set).values(**values))

    # Snapshots

    def was_ever_used(self, tenant: str = LOCAL) -> bool:
        """Whether this tenant ever kept a snapshot, be its data set deleted since."""
        joined = sa.join(t.SNAPSHOTS, t.DATA_SETS, t.SNAPSHOTS.c.data_set == t.DATA_SETS.c.id)
        asked = sa.select(sa.exists().select_from(joined).where(t.DATA_SETS.c.tenant == tenant))
        with self.reader.connect() as con:
            return bool(con.execute(asked).scalar_one())

    def snapshots(self, data_set: int, tenant: str = LOCAL) -> list[SnapshotRow]:
        """Newest first: the first is what the data set holds now."""
        self.data_set(data_set, tenant)
        c = t.SNAPSHOTS.c
        asked = sa.select(t.SNAPSHOTS).where(c.data_set == data_set).order_by(c.id.desc())
        with self.reader.connect() as con:
            return [_snapshot(row) for row in con.execute(asked)]

    def add_snapshot(
        self,
        data_set: int,
        fingerprint: str,
        *,
        summary: dict[str, Any],
        previous: str | None = None,
        files: Sequence[dict[str, Any]] = (),
        tenant: str = LOCAL,
    ) -> SnapshotRow:
        """Make `fingerprint` the newest snapshot of a data set; adds nothing when it already is.

        Raises Overtaken where it grew from `previous`, but `previous` is the newest no longer.
        """
        self.data_set(data_set, tenant)
        newest = sa.select(t.SNAPSHOTS).where(t.SNAPSHOTS.c.data_set == data_set)
        newest = newest.order_by(t.SNAPSHOTS.c.id.desc()).limit(1)
        with self.engine.begin() as con:
            row = con.execute(newest).one_or_none()
            if row is None or row.fingerprint != fingerprint:
                if previous is not None and (row is None or row.fingerprint != previous):
                    raise Overtaken(
                        text(
                            "Another file was added to this data set while this one was read. Nothing is "
                            "lost: import this one again, and it is merged with what is there now."
                        )
                    )
                number = insert(
                    con,
                    t.SNAPSHOTS,
                    data_set=data_set,
                    fingerprint=fingerprint,
                    previous=previous,
                    kept_at=now(),
                    summary=json.dumps(summary, sort_keys=True, default=str),
                )
                for f in files:
                    insert(
                        con,
                        t.FILES,
                        snapshot=number,
                        name=f.get("name", ""),
                        sha256=f["sha256"],
                        bytes=f.get("bytes"),
                        mapping=json.dumps(f.get("mapping"), sort_keys=True),
                    )
                row = con.execute(newest).one()
        return _snapshot(row)

    # What was chosen

    def definitions(self, data_set: int) -> str | None:
        """The shop's saved definitions as `Definitions.to_json` wrote them."""
        asked = sa.select(t.DEFINITIONS.c.json).where(t.DEFINITIONS.c.data_set == data_set)
        with self.reader.connect() as con:
            return con.execute(asked).scalar_one_or_none()

    def save_definitions(self, data_set: int, definitions: str) -> None:
        self._put(t.DEFINITIONS, {"data_set": data_set}, {"json": definitions, "saved_at": now()})

    def answers(self, data_set: int) -> dict[str, str]:
        """What a person confirmed after an import: question ("zone", "guests", "margin") -> answer."""
        asked = sa.select(t.ANSWERS.c.question, t.ANSWERS.c.answer).where(t.ANSWERS.c.data_set == data_set)
        with self.reader.connect() as con:
            return {row.question: row.answer for row in con.execute(asked)}

    def confirm(self, data_set: int, question: str, answer: str) -> None:
        self._put(
            t.ANSWERS, {"data_set": data_set, "question": question}, {"answer": answer, "answered_at": now()}
        )

    def mapping_for(self, header: Iterable[str], tenant: str = LOCAL) -> str | None:
        """The mapping (JSON) that was used for a file with exactly these columns, whatever their order."""
        c = t.MAPPINGS.c
        asked = sa.select(c.mapping).where(c.tenant == tenant, c.header == _header_key(header))
        with self.reader.connect() as con:
            return con.execute(asked).scalar_one_or_none()

    def remember_mapping(self, header: Iterable[str], mapping: str, tenant: str = LOCAL) -> None:
        key = {"tenant": tenant, "header": _header_key(header)}
        self._put(t.MAPPINGS, key, {"mapping": mapping, "used_at": now()})

    # Saved views and people

    def saved_views(self, data_set: int) -> list[SavedView]:
        """In the order in which they were saved."""
        asked = (
            sa.select(t.SAVED_VIEWS).where(t.SAVED_VIEWS.c.data_set == data_set).order_by(t.SAVED_VIEWS.c.id)
        )
        with self.reader.connect() as con:
            return [SavedView(row.id, row.name, row.page, row.address) for row in con.execute(asked)]

    def save_view(self, data_set: int, name: str, page: str, address: str) -> None:
        """A second view by the same name takes the first one's place."""
        self._put(
            t.SAVED_VIEWS, {"data_set": data_set, "name": _name(name)}, {"page": page, "address": address}
        )

    def delete_view(self, data_set: int, name: str) -> None:
        c = t.SAVED_VIEWS.c
        with self.engine.begin() as con:
            con.execute(t.SAVED_VIEWS.delete().where(c.data_set == data_set, c.name == name))

    def people(self, tenant: str = LOCAL) -> list[Person]:
        asked = sa.select(t.PEOPLE).where(t.PEOPLE.c.tenant == tenant).order_by(t.PEOPLE.c.email)
        with self.reader.connect() as con:
            return [Person(row.id, row.tenant, row.email, row.name, row.role) for row in con.execute(asked)]

    def put_person(self, email: str, name: str, role: str, tenant: str = LOCAL) -> None:
        self._put(t.PEOPLE, {"tenant": tenant, "email": email.strip().lower()}, {"name": name, "role": role})

    def _put(self, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        """Insert or update by key: an update that finds no row is followed by an insert."""
        which = sa.and_(*(table.c[name] == value for name, value in key.items()))
        changed = table.update().where(which).values(**values)
        try:
            with self.engine.begin() as con:
                if con.execute(changed).rowcount == 0:
                    con.execute(table.insert().values(**key, **values))
        except sa.exc.IntegrityError:
            # Somebody else inserted it in between, or what it belongs to does not exist.
            with self.engine.begin() as con:
                if con.execute(changed).rowcount == 0:
                    raise


def _data_set(row: sa.Row) -> DataSet:
    return DataSet(row.id, row.tenant, row.name, row.kind, row.currency, row.zone, row.created_at)


def _snapshot(row: sa.Row) -> SnapshotRow:
    return SnapshotRow(
        row.id, row.data_set, row.fingerprint, row.previous, row.kept_at, json.loads(row.summary)
    )


def _header_key(header: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(header)).encode()).hexdigest()


def _name(name: str) -> str:
    if not name.strip():
        raise ValueError(text("A name is missing. Type at least one letter."))
    return name.strip()[:200]
