"""The last step of the road in: a checked draft becomes part of a data set, as a snapshot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data import balance, connections, ledger, merging, scratch, side_tables, snapshots
from data.catalog import Catalog
from data.draft import Draft
from data.faults import FileProblem
from words import plural


def keep(
    made: Draft,
    *,
    home: Path,
    tenant: str,
    data_set: int | None,
    name: str,
    merge: bool = True,
    append: bool = False,
    replace: bool = False,
    held: Path | None = None,
) -> tuple[merging.Merged | None, Path, int]:
    """Keep a draft in a data set, None for a new one called `name`; the draft is used up.

    What merging made of it (None where it is the first of its data set, or `merge` is False and it takes the place of
    all there is), the snapshot's folder, and the data set. Raises FileProblem as `refuse_empty`; `append`, `replace`, `held`, and what is raised, are those of
    `merging.merge`; a data set made for a draft that cannot be kept goes again.
    """
    refuse_empty(made)
    catalog = Catalog(home)
    if data_set is None:
        created = catalog.create_data_set(tenant, name, "orders", made.facts["currency"], made.facts["zone"])
        try:
            return _first(made, home, tenant, created.id)
        except BaseException:
            catalog.delete_data_set(created.id, tenant)
            raise
    before = catalog.snapshots(data_set, tenant)
    if not before or not merge:
        return _first(made, home, tenant, data_set)
    newest = before[0].fingerprint
    previous = snapshots.place(home, tenant, newest)
    if merging.already_in(previous, made.folder):
        return merging.Merged(unchanged=made.facts["orders"]), previous, data_set
    with scratch.folder(made.folder.parent) as out:
        merged = merging.merge(previous, made.folder, out, append=append, replace=replace, held=held)
        kept = snapshots.keep(out, home=home, tenant=tenant, data_set=data_set, previous=newest)
    return merged, kept.folder, data_set


def belongs(made: Draft, folder: Path) -> bool:
    """Whether a draft looks like more of the same snapshot: orders in its currency and time zone, of an export whose
    like it holds (no column stands under another header). Other tables belong to whatever orders there are."""
    facts, manifest = made.facts, snapshots.read_manifest(folder)
    if facts["mapping"].get("table") != "orders":
        return True
    had = manifest["summary"].get("currency")
    if manifest["zone"] != facts["zone"] or (had and facts["currency"] and had != facts["currency"]):
        return False
    known = [s["mapping"] for s in manifest["sources"] if (s.get("mapping") or {}).get("table") == "orders"]
    return not known or any(_alike(mapping, facts["mapping"]) for mapping in known)


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    mine, theirs = one["columns"], other["columns"]
    return one["format"] == other["format"] and all(mine[c] == theirs[c] for c in mine.keys() & theirs)


def refuse_empty(made: Draft) -> None:
    """Raises FileProblem, with the reasons, where every record of a file was set aside: it would say nothing."""
    if made.facts["rows_accepted"]:
        return
    reasons = [
        plural("{n} record: {reason}", "{n} records: {reason}", n, reason=ledger.reason(code))
        for code, n in sorted(balance.aside_by_code(made.ledger).items(), key=lambda pair: -pair[1])
    ]
    raise FileProblem("nothing_accepted", made.facts["source"]["name"], reasons=" ".join(reasons))


def together(drafts: Sequence[Draft], path: Path) -> Path | None:
    """Mark drafts that were sent together as parts of one export (which reaches as far as the furthest), and list their orders in the Parquet file `path`.

    To be called before the first of them is kept; None, and nothing done, where fewer than two hold numbered orders.
    """
    parts = [d for d in drafts if d.facts["mapping"].get("table") == "orders" and d.facts["numbered"]]
    if len(parts) < 2:
        return None
    names = sorted(snapshots.fingerprint_of({**d.facts, "upload": None}) for d in parts)
    reach = [d.facts["newest"] for d in parts]
    upload = {
        "id": hashlib.sha256("".join(names).encode()).hexdigest(),
        "newest": max(reach) if all(reach) else None,
    }
    for part in parts:
        part.facts["upload"] = upload
        (part.folder / "draft.json").write_text(json.dumps(part.facts, ensure_ascii=False), encoding="utf-8")
    files = ", ".join(connections.quoted(d.folder.resolve() / "orders.parquet") for d in parts)
    query = f"SELECT DISTINCT order_id FROM read_parquet([{files}]) WHERE order_id IS NOT NULL"
    asked = f"COPY ({query}) TO {connections.quoted(path.resolve())} (FORMAT parquet)"
    connections.run(path.parent, [(asked, False, "")], also=[d.folder for d in parts])
    return path.resolve()


def _first(made: Draft, home: Path, tenant: str, data_set: int) -> tuple[None, Path, int]:
    side_tables.with_orders(made.folder)
    return None, snapshots.keep(made.folder, home=home, tenant=tenant, data_set=data_set).folder, data_set
