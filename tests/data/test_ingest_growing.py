"""A data set that grows by files: the same again, an overlapping export, one that fails, one that is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.catalog import LOCAL, Catalog
from data.ingest import import_orders
from data.mapping import Undecided
from data.opening import Cancelled, FileProblem

HEADER = "Order,Customer,Date,Currency,Amount"


@pytest.fixture
def grow(tmp_path: Path) -> Callable[..., Any]:
    """A function: name of a file, its lines, and more keywords -> its import into the test's own home."""

    def grown(name: str, *lines: str, **how: Any) -> Any:
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return import_orders(path, home=tmp_path / "home", **how)

    return grown


JANUARY = ("1,a,2024-01-10,EUR,10.00", "2,b,2024-01-20,EUR,20.00", "3,c,2024-01-30,EUR,30.00")


def drafts_left(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if "drafts" in path.parts and path.is_file()]


def test_the_same_file_again_changes_nothing(grow: Callable[..., Any], tmp_path: Path) -> None:
    first = grow("january", *JANUARY)
    again = grow("january", *JANUARY, data_set=first.data_set)
    assert again.fingerprint == first.fingerprint
    assert (again.merged.added, again.merged.changed, again.merged.gone, again.merged.unchanged) == (
        0,
        0,
        0,
        3,
    )
    assert len(Catalog(tmp_path / "home").snapshots(first.data_set, LOCAL)) == 1
    assert drafts_left(tmp_path / "home") == []


def test_an_overlapping_export_adds_changes_and_misses(grow: Callable[..., Any]) -> None:
    first = grow("january", *JANUARY)
    second = grow(
        "february",
        JANUARY[0],
        "3,c,2024-01-30,EUR,25.00",
        "4,a,2024-02-10,EUR,40.00",
        data_set=first.data_set,
    )
    merged = second.merged
    assert (merged.added, merged.changed, merged.gone, merged.unchanged) == (1, 1, 1, 1)
    orders = {row.order_id: (row.net, row.flags) for row in second.orders.execute().itertuples()}
    assert orders == {"1": (10, 0), "2": (20, 128), "3": (25, 0), "4": (40, 0)}
    assert first.orders.count().execute() == 3
    assert second.fingerprint != first.fingerprint


def test_a_failed_import_leaves_everything_as_it_was(grow: Callable[..., Any], tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = grow("january", *JANUARY)

    def kept() -> dict[Path, bytes]:
        return {
            path: path.read_bytes()
            for path in home.rglob("*")
            if path.is_file() and "snapshots" in path.parts
        }

    before = kept()
    for name, lines in {
        "open": ("9,a,03/04/2024,EUR,10.00",),
        "mixed": ("9,a,2024-02-01,EUR,10.00", "10,a,2024-02-01,USD,10.00"),
        "francs": ("9,a,2024-02-01,CHF,10.00",),
        "empty": (),
    }.items():
        with pytest.raises(ValueError, match=r"\w+ \w+ \w+.*\.$|\?"):
            grow(name, *lines, data_set=first.data_set)
    assert kept() == before
    assert drafts_left(home) == []
    assert len(Catalog(home).snapshots(first.data_set, LOCAL)) == 1


def test_a_first_import_that_fails_leaves_no_data_set(grow: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(Undecided):
        grow("open", "9,a,03/04/2024,EUR,10.00")
    assert Catalog(tmp_path / "home").data_sets(LOCAL) == []
    assert drafts_left(tmp_path / "home") == []


@pytest.mark.parametrize("grows", [False, True])
def test_a_file_of_which_nothing_can_be_used_is_refused_with_the_reasons(
    grow: Callable[..., Any], tmp_path: Path, grows: bool
) -> None:
    catalog = Catalog(tmp_path / "home")
    there = grow("january", *JANUARY).data_set if grows else None
    before = [(d.id, catalog.snapshots(d.id, LOCAL)) for d in catalog.data_sets(LOCAL)]
    with pytest.raises(FileProblem) as fault:
        grow("lost", "1,a,2999-01-10,EUR,1", "2,b,1900-01-11,EUR,2", "3,c,2024-01-10,EUR,", data_set=there)
    assert str(fault.value).startswith(
        "No record of lost.csv can be used, so nothing was kept. 2 records: The time lies before 1970 "
        "or more than a year in the future. "
        "1 record: The amount is missing."
    )
    assert [(d.id, catalog.snapshots(d.id, LOCAL)) for d in catalog.data_sets(LOCAL)] == before
    assert len(before) == grows
    assert drafts_left(tmp_path / "home") == []


def test_progress_goes_from_nothing_to_all_and_speaks(grow: Callable[..., Any]) -> None:
    told: list[tuple[float, str]] = []
    grow("january", *JANUARY, progress=lambda fraction, label: told.append((fraction, label)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.8 < shares[-1] <= 1
    assert any("january.csv" in label for _, label in told)


def test_nothing_is_kept_of_an_import_that_was_cancelled(grow: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        grow("january", *JANUARY, cancelled=lambda: True)
    assert Catalog(tmp_path / "home").data_sets(LOCAL) == []
    assert drafts_left(tmp_path / "home") == []
