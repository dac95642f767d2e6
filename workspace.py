"""What this viewer looks at: the data set, its snapshot, the definitions; and the one way to ask a model.

Pages call `ask(model, **settings)`. The answer is remembered under (tenant, fingerprint, definitions, code
version, language, model, settings), so a revisit runs no query, and nothing is ever keyed by a DataFrame.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

import jobs
import words
from data import balance, connections, scratch, snapshots
from data.catalog import LOCAL, Catalog, DataSet
from data.contacts import Contacts
from models.definitions import Definitions
from shop import Shop

REMEMBERED = 512
ROOT = Path(__file__).parent


def tenant() -> str:
    """One deployment serves one shop's team; the key is in every path and cache all the same."""
    return LOCAL


@dataclass(frozen=True)
class Snapshot:
    """A kept snapshot as pages speak of it: where it lies and the facts of its manifest."""

    fingerprint: str
    kept_at: dt.datetime
    folder: Path
    customers: int
    orders: int
    first_day: dt.date | None
    last_day: dt.date | None
    synthetic: bool
    currency: str
    zone: str
    tables: tuple[str, ...]
    """The tables that hold at least one row."""
    splits: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    """The names of the files behind it, the last one imported last."""


@cache
def code_version() -> str:
    """Ten digits over the sources that make answers: new code never shows old answers."""
    digest = hashlib.sha256()
    for source in sorted([*ROOT.glob("models/**/*.py"), ROOT / "shop.py", ROOT / "words.py"]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:10]


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalog(home: Path) -> Catalog:
    return Catalog(home)


def catalog() -> Catalog:
    return _catalog(snapshots.home())


_first_visit = threading.Lock()
_visited: set[tuple[Path, str]] = set()
"""Homes and tenants that are known to have been used; a page asks for its data set some twenty times."""


def data_sets() -> list[DataSet]:
    """The data sets there are, newest first. The first visit ever brings in CDNOW, so that there is something to see."""
    here = (snapshots.home(), tenant())
    with _first_visit:
        if here not in _visited and not catalog().was_ever_used(tenant()):
            from data import cdnow

            cdnow.import_cdnow(home=snapshots.home(), tenant=tenant())
        _visited.add(here)
        return catalog().data_sets(tenant())[::-1]


def data_set() -> DataSet | None:
    """The data set chosen in the side bar; without a choice, the newest."""
    known = data_sets()
    chosen = st.session_state.get("data_set")
    return next((d for d in known if d.id == chosen), known[0] if known else None)


def switch_to(data_set: int) -> None:
    """Show another data set from the next run on: a widget's own value cannot be changed once it is drawn."""
    st.session_state["next_data_set"] = data_set


def settle() -> None:
    """What the side bar calls before it draws its choice of data sets."""
    chosen = st.session_state.pop("next_data_set", None)
    if chosen is not None:
        st.session_state["data_set"] = chosen
        st.session_state.pop("snapshot", None)


def incoming() -> Path:
    """Where files that were sent in wait to be read; whatever a dead process left there is swept out."""
    return scratch.room(snapshots.home(), tenant()) / "incoming"


def kept_snapshots() -> list[Snapshot]:
    """The snapshots of the chosen data set, newest first."""
    current = data_set()
    if current is None:
        return []
    return [
        _snapshot(row.fingerprint, row.kept_at, snapshots.place(snapshots.home(), tenant(), row.fingerprint))
        for row in catalog().snapshots(current.id, tenant())
    ]


def snapshot() -> Snapshot | None:
    """The newest snapshot of the chosen data set, or an older one somebody asked for."""
    kept = kept_snapshots()
    chosen = st.session_state.get("snapshot")
    return next((s for s in kept if s.fingerprint == chosen), kept[0] if kept else None)


@st.cache_data(max_entries=REMEMBERED, show_spinner=False)
def _snapshot(fingerprint: str, kept_at: dt.datetime, folder: Path) -> Snapshot:
    manifest = snapshots.read_manifest(folder)
    summary = manifest["summary"]
    return Snapshot(
        fingerprint=fingerprint,
        kept_at=kept_at,
        folder=folder,
        customers=int(summary.get("customers") or 0),
        orders=int(summary.get("orders") or 0),
        first_day=_day(summary.get("first_day")),
        last_day=_day(summary.get("last_day")),
        synthetic=bool(manifest.get("synthetic")),
        currency=summary.get("currency") or "",
        zone=manifest["zone"],
        tables=tuple(
            name.removesuffix(".parquet") for name, facts in manifest["files"].items() if facts["rows"]
        ),
        splits=tuple((column, header) for column, header in manifest.get("splits", ())),
        files=tuple(source.get("name", "") for source in manifest["sources"]),
    )


def _day(iso: str | None) -> dt.date | None:
    return dt.date.fromisoformat(iso[:10]) if iso else None


def saved_definitions() -> Definitions:
    """The definitions this shop agreed on."""
    current = data_set()
    kept = catalog().definitions(current.id) if current else None
    return Definitions.from_json(kept) if kept else Definitions()


def definitions() -> Definitions:
    """The definitions of this view: the shop's own, unless this viewer changed some."""
    current = data_set()
    mine = st.session_state.get("my_definitions", {})
    return mine.get(current.id, saved_definitions()) if current else Definitions()


def set_definitions(changed: Definitions | None) -> None:
    """Look at this data set under other definitions; None goes back to the shop's own."""
    current = data_set()
    if current is None:
        return
    mine = dict(st.session_state.get("my_definitions", {}))
    mine.pop(current.id, None)
    if changed is not None and changed != saved_definitions():
        mine[current.id] = changed
    st.session_state["my_definitions"] = mine


def save_definitions(agreed: Definitions) -> None:
    """Make these the shop's own definitions, for everyone."""
    current = data_set()
    if current is not None:
        catalog().save_definitions(current.id, agreed.to_json())


def contacts() -> Contacts | None:
    """The contact lists of the chosen data set; None where there is no data set."""
    current = data_set()
    return Contacts(catalog(), current.id, tenant()) if current else None


def open_shop(kept: Snapshot) -> Shop:
    """The snapshot's tables on a cursor of this run's own."""
    return snapshots.open_shop(cursor(), kept.folder)


def cursor() -> connections.LockedBackend:
    """An Ibis backend of this run's own."""
    return connections.cursor(snapshots.home())


def ledger(kept: Snapshot) -> pd.DataFrame:
    """What became of every record of every file behind the snapshot, as `balance.ledger` gives it."""
    key = (tenant(), kept.fingerprint, "ledger")
    return _remembered(key, lambda: balance.ledger(cursor(), kept.folder))


def set_aside(
    kept: Snapshot, code: str | None, limit: int, offset: int, source: int | None = None
) -> pd.DataFrame:
    """A page of the records set aside, of one file or of all. Not remembered: a page of original text may be large."""
    return balance.set_aside(cursor(), kept.folder, code=code, source=source, limit=limit, offset=offset)


@st.cache_data(max_entries=REMEMBERED, show_spinner=False)
def _remembered(key: tuple[str, ...], _answer: Callable[[], Any]) -> Any:  # noqa: ARG001 (Streamlit hashes it)
    return _answer()


def _question(
    model: Callable[..., Any], chosen: Definitions, settings: dict[str, Any]
) -> tuple[tuple[str, ...], Callable[..., Any]]:
    kept = snapshot()
    if kept is None:
        raise ValueError(words.text("There are no orders yet. Upload an order export on the Data page."))
    key = (
        tenant(),
        kept.fingerprint,
        chosen.to_json(),
        code_version(),
        words.language(),
        f"{model.__module__}.{model.__qualname__}",
        json.dumps({k: v for k, v in settings.items() if k[0] != "_"}, sort_keys=True, default=str),
    )
    given = {name.removeprefix("_"): value for name, value in settings.items()}
    return key, lambda **more: model(open_shop(kept), chosen, **given, **more)


def ask(model: Callable[..., Any], _definitions: Definitions | None = None, /, **settings: Any) -> Any:
    """`model(shop, definitions, **settings)`, computed once for the same question.

    Settings are plain values. One with a leading underscore is itself an answer to the same question (an
    `Overview` of this shop under these definitions): the model gets it, the key does not need it.
    """
    key, answer = _question(model, _definitions or definitions(), settings)
    return _remembered(key, answer)


def ask_in_background(
    model: Callable[..., Any], label: str, _definitions: Definitions | None = None, /, **settings: Any
) -> jobs.Job:
    """The same as a job, for what takes longer than a page may: `job.result` once `job.state` is "done".
    A model that takes `progress` (a function of the share done and what is being done) is given the job's.

    A job that failed is given back as it is; `jobs.forget(job.key)` lets the next visit try again.
    """
    key, answer = _question(model, _definitions or definitions(), settings)
    told = "progress" in inspect.signature(model).parameters
    return jobs.find(key) or jobs.start(
        key, label, lambda job: answer(progress=job.progress) if told else answer()
    )
