"""A data set grows by files, and exports overlap: the newest version of every order wins.

Which version is newest is told by the export it came from: the one that reaches furthest in time, and of two
that reach equally far the one imported later. An older export uploaded late therefore fills gaps and
overwrites nothing. An order is gone when a newer export covers its moment and does not hold it; it is kept
and flagged. Files sent together are parts of one export, which reaches as far as the furthest of them: what one of
them lacks and another holds is not gone.
`versions.parquet` says which source every row came from, so that the outcome does not depend on the order of
uploads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data import connections, manifests, merging_ledger, scratch, snapshots
from data import merging_sql as sql
from data import merging_versions as versions
from data.mapping import Undecided
from data.merging_versions import Source
from data.tables import TABLES
from words import text

Run = Callable[..., list[Any]]


@dataclass(frozen=True)
class Merged:
    """How many orders were added, changed, gone and unchanged (rows, where the file brought no orders);
    `replaced` is how many there were before a file took their place."""

    added: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0
    replaced: int = 0


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
    held: Path | None = None,
) -> Merged:
    """Merge a draft into the snapshot `previous` and write the outcome as a draft folder `out`.

    `run` is `connections.run`, or `opening.run` to work in a child. Orders without numbers cannot be told
    apart: `append` adds them, `replace` puts the file's tables in the place of those there are (it does so
    for numbered orders too); raises Undecided("append") where that has to be said. Raises ValueError where zones
    or currencies differ, or where a file without numbers would be added twice, or a data set has an older kind of ledger; Broken for
    a damaged snapshot. `held` lists the orders of all files sent together with this one (`keeping.together`).
    """
    manifests.verify(previous)
    old, new, out = _snapshot(previous), _draft(draft), Path(out).resolve()
    sources = _sources(old)
    merging_ledger.check(old.path("ledger"), len(sources))
    out.mkdir(parents=True, exist_ok=True)

    def ran(statements: list[sql.Statement]) -> list[Any]:
        answers = run(out, statements, also=[old.folder, new.folder, *([held.parent] if held else [])])
        return [answer for answer in answers if answer is not None]

    _check_unit(old.facts, new.facts)
    numbered = bool(old.facts.get("numbered", True) and new.facts.get("numbered", True))
    how = _how(old, new, numbered=numbered, append=append, replace=replace)
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
    sources.append({**source, "tables": new.tables(), "told": _told(new), "how": how})
    _find_windows(old, new, sources, numbered, ran)
    statements = _plan(old, new, out, sources, how, held)
    counts, summary, wrong = ran(statements)
    merging_ledger.balanced(wrong)
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
    """The files behind a snapshot, each with the tables that it brought and that still count, and the one that its
    ledger tells of."""
    first = {"tables": old.tables(), "told": _told(old)}
    return [{**first, **s} for s in snapshots.sources_of(old.facts)]


def _told(side: _Side) -> str:
    """The table that the ledger of a single file speaks of: its orders, where it has any."""
    tables = side.tables()
    return next((t for t in tables if pq.read_metadata(side.path(t)).num_rows), tables[0])


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


def _plan(
    old: _Side, new: _Side, out: Path, sources: list[Source], how: str, held: Path | None
) -> list[sql.Statement]:
    """The statements of the whole merge; the last three ask for counts, summary, and what does not balance."""
    had, came = old.tables(), new.tables()
    path = old.maybe("versions")
    statements = sql.start(path, [t for t in had if t not in came])
    for table in TABLES:
        before, comes, target = old.maybe(table), new.maybe(table), out / f"{table}.parquet"
        if how == "append" and table in ("orders", "order_lines") and comes:
            mark = f"{sources[-1]['sha256'][:8]}-{len(sources)}"
            statements += sql.append(table, before, comes, target, mark, versions.of(table, sources, path))
        elif before and comes and how != "replace":
            if table == "order_lines":
                statements.append(sql.merge_lines(before, comes, target))
            else:
                ranked = versions.of(table, sources, path, held)
                statements += sql.merge(table, before, comes, target, ranked)
        elif comes:
            scratch.link(comes, target)
            statements.append(sql.count_all(table, comes, "added"))
            if before and table in sql.KEYS:
                was = versions.of(table, [*_sources(old), sources[-1]], path)
                statements += sql.exchange(table, before, was)
        elif before:
            scratch.link(before, target)
    place, told = len(sources) - 1, {n: s["told"] for n, s in enumerate(sources)}
    asked = (
        f"SELECT code, sum(rows)::BIGINT FROM counted WHERE tbl = '{told[place]}' AND rows > 0 GROUP BY code"
    )
    orders = out / "orders.parquet" if "orders" in {*had, *came} else None
    *book, unbalanced = merging_ledger.write(
        old.path("ledger"), new.path("ledger"), place, told, out / "ledger.parquet"
    )
    return [
        *statements,
        sql.copy("SELECT * FROM kept_versions ORDER BY tbl, key", out / "versions.parquet"),
        *merging_ledger.set_aside(
            old.maybe("set_aside"), new.maybe("set_aside"), place, out / "set_aside.parquet"
        ),
        *[_standing(table, out, sources, orders) for table in sorted(set(told.values()))],
        *book,
        sql.ask(asked),
        sql.ask(_summary(orders) if orders else "SELECT 0, 0, NULL, NULL"),
        unbalanced,
    ]


def _standing(table: str, out: Path, sources: list[Source], orders: Path | None) -> sql.Statement:
    holders = [place for place, s in enumerate(sources) if table in s["tables"]]
    lone = holders[0] if len(holders) == 1 else None
    return merging_ledger.standing(table, out / f"{table}.parquet", lone, orders)


def _summary(orders: Path) -> str:
    return f"""SELECT count(*), count(DISTINCT customer), min(ordered_on)::VARCHAR, max(ordered_on)::VARCHAR
        FROM {sql.file(orders)}"""


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
    newest = [moment for s in sources if (moment := versions.moment(s.get("newest")))]
    rows = ("rows_in", "rows_accepted", "rows_set_aside")
    facts = {
        **{key: value for key, value in new.facts.items() if key not in ("source", "mapping")},
        **{key: sum(s.get(key) or 0 for s in sources) for key in rows},
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
