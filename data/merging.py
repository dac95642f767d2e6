"""A data set grows by files, and exports overlap: the newest version of every order wins.

Which version is newest is told by the export it came from: the one that reaches furthest in time, and of two
that reach equally far the one imported later. An older export uploaded late therefore fills gaps and
overwrites nothing. An order is gone when a newer export covers its moment and does not hold it; it is kept
and flagged. `versions.parquet` says which source every row came from, so that the outcome does not depend on
the order of uploads.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import connections, ledger, manifests, scratch, snapshots
from data import merging_sql as sql
from data.mapping import Undecided
from data.tables import TABLES
from words import text

MERGED = "merged"
CODES = ("added", "changed", "gone", "unchanged", "replaced")

Run = Callable[..., list[Any]]
Source = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """How many orders were added, changed, gone and unchanged (rows, where the file brought no orders);
    `replaced` is how many there were before a file took their place."""

    added: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0
    replaced: int = 0


def reason(code: str) -> str:
    """A code of the ledger's "merged" rows in the reader's words."""
    return {
        "added": text("Not there before this file."),
        "changed": text("There before; this file holds a newer version, such as a late refund."),
        "gone": ledger.reason("gone"),
        "unchanged": text("There before, and this file says nothing newer."),
        "replaced": text("There before this file took its place."),
    }[code]


@dataclass(frozen=True)
class _Side:
    """A snapshot or a draft: its folder and what it says about itself."""

    folder: Path
    facts: dict[str, Any]

    def tables(self) -> list[str]:
        return [table for table in TABLES if self.path(table).exists()]

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def maybe(self, name: str) -> Path | None:
        return self.path(name) if self.path(name).exists() else None


def already_in(previous: Path, draft: Path) -> bool:
    """Whether the same file, read the same way, is part of the snapshot already."""
    (new,) = snapshots.sources_of(_draft(draft).facts)
    return any(_same(s, new) for s in _sources(_snapshot(previous)))


def merge(
    previous: Path,
    draft: Path,
    out: Path,
    run: Run = connections.run,
    *,
    append: bool = False,
    replace: bool = False,
) -> Merged:
    """Merge a draft into the snapshot `previous` and write the outcome as a draft folder `out`.

    `run` is `connections.run`, or `opening.run` to work in a child. Orders without numbers cannot be told
    apart: `append` adds them, `replace` puts the file's tables in the place of those there are (it does so
    for numbered orders too); raises Undecided("append") where that has to be said. Raises ValueError where zones
    or currencies differ, or where a file without numbers would be added twice; Broken for a damaged snapshot.
    """
    manifests.verify(previous)
    old, new, out = _snapshot(previous), _draft(draft), Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)

    def ran(statements: list[sql.Statement]) -> list[Any]:
        answers = run(out, statements, also=[old.folder, new.folder])
        return [answer for answer in answers if answer is not None]

    _check_unit(old.facts, new.facts)
    numbered = bool(old.facts.get("numbered", True) and new.facts.get("numbered", True))
    how = _how(old, new, numbered=numbered, append=append, replace=replace)
    sources = _sources(old)
    (source,) = snapshots.sources_of(new.facts)
    if how == "append" and any(_same(s, source) for s in sources):
        raise ValueError(
            text(
                "{name} is in this data set already. Its orders have no numbers, so adding it again "
                "would count them twice. Choose to replace, or upload another file.",
                name=source.get("name", ""),
            )
        )
    if how == "replace":
        sources = [{**s, "tables": [t for t in s["tables"] if t not in new.tables()]} for s in sources]
    sources.append({**source, "tables": new.tables(), "how": how})
    _find_windows(old, new, sources, numbered, ran)
    statements = _plan(old, new, out, sources, how)
    counts, summary = ran(statements)
    _write_facts(old, new, out, sources, numbered, summary[0])
    return Merged(**{code: int(rows) for code, rows in counts})


def _check_unit(old: dict[str, Any], new: dict[str, Any]) -> None:
    if old["zone"] != new["zone"]:
        raise ValueError(
            text(
                "The days of this data set are those of {old}; this file was read for {new}. Read it again "
                "with the time zone {old}, or make a data set of its own.",
                old=old["zone"],
                new=new["zone"],
            )
        )
    had, comes = old["summary"].get("currency"), new.get("currency")
    if had and comes and had != comes:
        raise ValueError(
            text(
                "This data set is in {old}, this file in {new}. Amounts of two currencies are never added: "
                "give a rate in the mapping, or make a data set of its own.",
                old=had,
                new=comes,
            )
        )


def _how(old: _Side, new: _Side, *, numbered: bool, append: bool, replace: bool) -> str:
    if replace:
        return "replace"
    if numbered or not ("orders" in old.tables() and "orders" in new.tables()):
        return "merge"
    if append:
        return "append"
    raise Undecided(
        "append",
        text(
            "The orders have no numbers, so nobody can tell which of them are there already. Are these "
            "further orders to be added, or do they take the place of those that are there?"
        ),
        ("append", "replace"),
    )


def _sources(old: _Side) -> list[Source]:
    """The files behind a snapshot, each with the tables that it brought and that still count."""
    return [{"tables": old.tables(), **s} for s in snapshots.sources_of(old.facts)]


def _find_windows(
    old: _Side,
    new: _Side,
    sources: list[Source],
    numbered: bool,
    ran: Callable[[list[sql.Statement]], list[Any]],
) -> None:
    """Note for each source of orders from when to when it speaks of every order there was."""
    asked = "SELECT min(ordered_at)::VARCHAR, max(ordered_at)::VARCHAR FROM {}"
    for place, side in ((0, old), (len(sources) - 1, new)):
        source = sources[place]
        if "orders" in source["tables"] and "window" not in source:
            ((window,),) = ran([sql.ask(asked.format(sql.file(side.path("orders"))))])
            source["window"] = list(window) if numbered and window[0] else None


def _plan(old: _Side, new: _Side, out: Path, sources: list[Source], how: str) -> list[sql.Statement]:
    """The statements of the whole merge; the last two ask for counts and summary."""
    had, came = old.tables(), new.tables()
    versions = old.maybe("versions")
    statements = sql.start(versions, [t for t in had if t not in came])
    for table in TABLES:
        before, comes, target = old.maybe(table), new.maybe(table), out / f"{table}.parquet"
        if how == "append" and table in ("orders", "order_lines") and comes:
            statements += sql.append(table, before, comes, target, sources[-1]["sha256"][:8])
        elif before and comes and how != "replace":
            if table == "order_lines":
                statements.append(sql.merge_lines(before, comes, target))
            else:
                statements += sql.merge(table, before, comes, target, _versions(table, sources, versions))
        elif comes:
            scratch.link(comes, target)
            statements.append(sql.count_all(table, comes, "added"))
            if before:
                statements.append(sql.count_all(table, before, "replaced"))
        elif before:
            scratch.link(before, target)
    if set_aside := new.maybe("set_aside"):
        scratch.link(set_aside, out / "set_aside.parquet")
    told = "orders" if "orders" in came else came[0]
    asked = f"SELECT code, sum(rows)::BIGINT FROM counted WHERE tbl = '{told}' AND rows > 0 GROUP BY code"
    return [
        *statements,
        sql.copy("SELECT * FROM kept_versions ORDER BY tbl, key", out / "versions.parquet"),
        _ledger(new, out, told),
        sql.ask(asked),
        sql.ask(_summary(out) if "orders" in {*had, *came} else "SELECT 0, 0, NULL, NULL"),
    ]


def _summary(out: Path) -> str:
    return f"""SELECT count(*), count(DISTINCT customer), min(ordered_on)::VARCHAR, max(ordered_on)::VARCHAR
        FROM {sql.file(out / "orders.parquet")}"""


def _ledger(new: _Side, out: Path, told: str) -> sql.Statement:
    """What became of the file's records, then what the merge made of its orders."""
    reasons = " ".join(f"WHEN '{code}' THEN {connections.quoted(reason(code))}" for code in CODES)
    query = f"""SELECT disposition, code, reason, rows, money, currency FROM {sql.file(new.path("ledger"))}
        UNION ALL SELECT '{MERGED}', code, CASE code {reasons} END, rows, money, currency FROM counted
        WHERE tbl = '{told}' AND rows > 0"""
    return sql.copy(query, out / "ledger.parquet")


def _versions(table: str, sources: list[Source], path: Path | None) -> sql.Versions:
    """How the sources of a table rank: by how far they reach in time, then by when they were imported."""
    holders = [place for place, s in enumerate(sources) if table in s["tables"]]
    reach = {place: _moment(sources[place].get("newest")) for place in holders}
    if all(reach.values()):
        holders.sort(key=lambda place: (reach[place], place))
    ranks = [holders.index(place) if place in holders else -1 for place in range(len(sources))]
    new = len(sources) - 1
    before = [place for place in holders if place != new]
    windows = (
        {place: s["window"] for place, s in enumerate(sources) if s.get("window")}
        if table == "orders"
        else {}
    )
    return sql.Versions(
        new=new,
        ranks=ranks,
        lone=before[0] if len(before) == 1 else None,
        path=path,
        window=windows.get(new),
        newer=[window for place, window in windows.items() if ranks[place] > ranks[new]],
    )


def _moment(written: str | None) -> dt.datetime | None:
    if not written:
        return None
    moment = dt.datetime.fromisoformat(written)
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _same(one: Source, other: Source) -> bool:
    return (
        one["sha256"] == other["sha256"]
        and one.get("mapping") == other.get("mapping")
        and one.get("tables") != []
    )


def _write_facts(
    old: _Side, new: _Side, out: Path, sources: list[Source], numbered: bool, summary: Any
) -> None:
    orders, customers, first_day, last_day = summary
    headers = {column: header for side in (old, new) for column, header in side.facts.get("splits") or ()}
    newest = [moment for s in sources if (moment := _moment(s.get("newest")))]
    facts = {
        **{key: value for key, value in new.facts.items() if key not in ("source", "mapping")},
        "name": old.facts.get("name") or new.facts.get("name") or "",
        "synthetic": bool(old.facts.get("synthetic") or new.facts.get("synthetic")),
        "currency": old.facts["summary"].get("currency") or new.facts.get("currency"),
        "sources": sources,
        "splits": sorted(headers.items()),
        "numbered": numbered,
        "newest": max(newest).isoformat() if newest else None,
        "orders": orders,
        "customers": customers,
        "first_day": first_day,
        "last_day": last_day,
    }
    (out / "draft.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


def _snapshot(folder: Path) -> _Side:
    folder = Path(folder).resolve()
    return _Side(folder, snapshots.read_manifest(folder))


def _draft(folder: Path) -> _Side:
    folder = Path(folder).resolve()
    return _Side(folder, json.loads((folder / "draft.json").read_text(encoding="utf-8")))
