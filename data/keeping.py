"""The last step of the road in: a checked draft becomes part of a data set, as a snapshot."""

from __future__ import annotations

from pathlib import Path

from data import merging, scratch, side_tables, snapshots
from data.catalog import Catalog
from data.draft import Draft


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
) -> tuple[merging.Merged | None, Path, int]:
    """Keep a draft in a data set, None for a new one called `name`; the draft is used up.

    What merging made of it (None where it is the first of its data set, or `merge` is False and it takes the place of
    all there is), the snapshot's folder, and the data set. `append` and `replace`, and what is raised, are those of
    `merging.merge`; a data set made for a draft that cannot be kept goes again.
    """
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
        merged = merging.merge(previous, made.folder, out, append=append, replace=replace)
        kept = snapshots.keep(out, home=home, tenant=tenant, data_set=data_set, previous=newest)
    return merged, kept.folder, data_set


def _first(made: Draft, home: Path, tenant: str, data_set: int) -> tuple[None, Path, int]:
    side_tables.with_orders(made.folder)
    return None, snapshots.keep(made.folder, home=home, tenant=tenant, data_set=data_set).folder, data_set
