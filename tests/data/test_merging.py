"""Merging overlapping exports: every case small enough to count by hand."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import connections, merging, opening, snapshots
from data.mapping import Undecided
from data.merging import Merged
from shop import Flag

Rows = list[tuple[Any, ...]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def rows(folder: Path, query: str, table: str = "orders") -> Rows:
    with duckdb.connect() as con:
        return con.execute(query.format(f"read_parquet('{folder}/{table}.parquet')")).fetchall()


def contents(folder: Path) -> Rows:
    """What a person would look at: number, amount and refund of each order, and whether it is gone."""
    query = (
        f"SELECT order_id, net::DOUBLE, refunded::DOUBLE, flags & {int(Flag.GONE)} > 0 FROM {{}} ORDER BY 1"
    )
    return rows(folder, query)


def ledger(folder: Path) -> Rows:
    """What the file that came last changed."""
    query = """SELECT code, rows, money::DOUBLE, currency FROM {0} WHERE disposition = 'merged'
        AND source = (SELECT max(source) FROM {0}) ORDER BY code"""
    return rows(folder, query, "ledger")


@pytest.fixture
def grow(home: Path, tmp_path: Path) -> Callable[..., tuple[snapshots.Kept, Merged]]:
    """Keep the first draft, merge each further one into what is there; the last snapshot and its counts."""
    made = itertools.count()

    def grown(first: Path | snapshots.Kept, *drafts: Path, **how: Any) -> tuple[snapshots.Kept, Merged]:
        kept = first if isinstance(first, snapshots.Kept) else snapshots.keep(first, home=home)
        merged = Merged()
        for draft in drafts:
            out = tmp_path / f"out{next(made)}"
            merged = merging.merge(kept.folder, draft, out, **how)
            kept = snapshots.keep(out, home=home, previous=kept.fingerprint)
        return kept, merged

    return grown


@pytest.fixture
def may(make_draft: Callable, make_order: Callable) -> Callable[[], Path]:
    """Four orders of May, 100 in all."""
    return lambda: make_draft(
        "may",
        orders=[
            make_order("1", "ann", "2024-05-01T09:00", "10"),
            make_order("2", "bob", "2024-05-10T09:00", "20"),
            make_order("3", "ann", "2024-05-20T09:00", "30"),
            make_order("4", "cat", "2024-05-30T09:00", "40"),
        ],
    )


@pytest.fixture
def june(make_draft: Callable, make_order: Callable) -> Callable[[], Path]:
    """An export from 15 May on: 3 was refunded meanwhile, 4 is missing, 5 is new, and so is 6."""
    return lambda: make_draft(
        "june",
        orders=[
            make_order("6", "dan", "2024-05-15T09:00", "60"),
            make_order("3", "ann", "2024-05-20T09:00", "30", refunded="5", flags=int(Flag.REFUNDED)),
            make_order("5", "bob", "2024-06-10T09:00", "50"),
        ],
    )


MAY_AND_JUNE = [
    ("1", 10.0, None, False),
    ("2", 20.0, None, False),
    ("3", 30.0, 5.0, False),
    ("4", 40.0, None, True),
    ("5", 50.0, None, False),
    ("6", 60.0, None, False),
]


def test_added_changed_gone_and_unchanged_by_hand(may: Callable, june: Callable, grow: Callable) -> None:
    kept, merged = grow(may(), june())
    assert contents(kept.folder) == MAY_AND_JUNE
    assert merged == Merged(added=2, changed=1, gone=1, unchanged=0)
    assert ledger(kept.folder) == [
        ("added", 2, 110.0, "GBP"),
        ("changed", 1, 30.0, "GBP"),
        ("gone", 1, 40.0, "GBP"),
    ]
    summary = kept.manifest["summary"]
    assert (summary["orders"], summary["customers"]) == (6, 4)
    assert (summary["first_day"], summary["last_day"]) == ("2024-05-01", "2024-06-10")
    assert kept.manifest["name"] == "may"
    assert [s["name"] for s in kept.manifest["sources"]] == ["may.csv", "june.csv"]


def test_an_older_export_uploaded_later_fills_gaps_and_overwrites_nothing(
    may: Callable, june: Callable, grow: Callable
) -> None:
    kept, merged = grow(june(), may())
    # 3 keeps its refund; 4 is known to be gone, because the newer export covers its day.
    assert contents(kept.folder) == MAY_AND_JUNE
    assert merged == Merged(added=3, changed=0, gone=1, unchanged=1)


def test_any_order_of_uploads_gives_the_same_orders(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    versions = {
        "a": [("1", "01", "1"), ("2", "05", "2"), ("3", "09", "3")],
        "b": [("2", "05", "22"), ("4", "12", "4"), ("5", "15", "5")],
        "c": [("1", "01", "111"), ("4", "12", "444"), ("6", "20", "6")],
        "d": [("3", "09", "3333"), ("7", "10", "7"), ("8", "18", "8")],
    }

    def draft(name: str) -> Path:
        made = [make_order(n, f"c{n}", f"2024-03-{day}T12:00", net) for n, day, net in versions[name]]
        return make_draft(f"{name}{next(unique)}", orders=made, source=name)

    unique = itertools.count()
    outcomes = []
    for names in list(itertools.permutations("abcd"))[::3]:
        kept, _ = grow(*(draft(name) for name in names))
        outcomes.append(contents(kept.folder))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    # By hand; reach: a 9th, b 15th, d 18th, c 20th. c covers 1st-20th and holds 1, 4, 6: the rest is gone.
    assert outcomes[0] == [
        ("1", 111.0, None, False),
        ("2", 22.0, None, True),
        ("3", 3333.0, None, True),
        ("4", 444.0, None, False),
        ("5", 5.0, None, True),
        ("6", 6.0, None, False),
        ("7", 7.0, None, True),
        ("8", 8.0, None, True),
    ]


def test_of_two_exports_that_reach_equally_far_the_one_imported_later_wins(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    first = make_draft("first", orders=[make_order("1", "ann", "2024-05-01", "10")], newest="2024-05-31")
    second = make_draft("second", orders=[make_order("1", "ann", "2024-05-01", "11")], newest="2024-05-31")
    kept, merged = grow(first, second)
    assert contents(kept.folder) == [("1", 11.0, None, False)]
    assert merged == Merged(changed=1)


def test_the_same_export_again_changes_nothing(
    may: Callable, make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    kept, _ = grow(may())
    again = make_draft(
        "again",
        source="may",
        orders=[
            make_order("1", "ann", "2024-05-01T09:00", "10"),
            make_order("2", "bob", "2024-05-10T09:00", "20"),
            make_order("3", "ann", "2024-05-20T09:00", "30"),
            make_order("4", "cat", "2024-05-30T09:00", "40"),
        ],
    )
    assert merging.already_in(kept.folder, again)
    after, merged = grow(kept, again)
    assert merged == Merged(unchanged=4)
    assert contents(after.folder) == contents(kept.folder)


def test_a_gone_order_that_a_still_newer_export_holds_again_is_not_gone(
    may: Callable, june: Callable, make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    july = make_draft(
        "july",
        orders=[
            make_order("4", "cat", "2024-05-30T09:00", "40"),
            make_order("5", "bob", "2024-06-10T09:00", "50"),
            make_order("9", "bob", "2024-07-10T09:00", "90"),
        ],
    )
    kept, merged = grow(may(), june(), july)
    assert merged == Merged(added=1, unchanged=2)
    assert [row[0] for row in contents(kept.folder) if row[3]] == []


def test_what_lies_outside_the_span_of_an_export_is_not_gone(
    may: Callable, make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    short = make_draft(
        "short",
        orders=[
            make_order("2", "bob", "2024-05-10T09:00", "20"),
            make_order("5", "bob", "2024-05-29T09:00", "50"),
        ],
        newest="2024-06-30",
    )
    kept, merged = grow(may(), short)
    assert [row[0] for row in contents(kept.folder) if row[3]] == ["3"]
    assert merged == Merged(added=1, gone=1, unchanged=1)


def test_lines_go_with_the_version_of_their_order_that_won(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    def line(order_id: str, product: str, place: int = 1) -> dict[str, Any]:
        return {"order_id": order_id, "line": place, "product": product, "quantity": 1, "price": 1}

    old = make_draft(
        "old",
        orders=[make_order("1", "ann", "2024-05-01", "2"), make_order("2", "ann", "2024-05-02", "1")],
        order_lines=[line("1", "tea"), line("1", "cup", 2), line("2", "tea")],
    )
    new = make_draft(
        "new",
        orders=[make_order("1", "ann", "2024-05-01", "1"), make_order("3", "ann", "2024-05-03", "1")],
        order_lines=[line("1", "pot"), line("3", "tea")],
    )
    kept, _ = grow(old, new)
    found = rows(kept.folder, "SELECT order_id, line, product FROM {} ORDER BY ALL", "order_lines")
    assert found == [("1", 1, "pot"), ("2", 1, "tea"), ("3", 1, "tea")]


def test_columns_that_only_one_file_has_are_kept_with_blanks_in_the_other(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    old = make_draft(
        "old",
        orders=[make_order("1", "ann", "2024-05-01", "1", extra_size="L")],
        splits=[["extra_size", "Size"]],
    )
    new = make_draft(
        "new",
        orders=[make_order("2", "ann", "2024-05-02", "1", extra_colour="red")],
        splits=[["extra_colour", "Colour"]],
    )
    kept, _ = grow(old, new)
    found = rows(kept.folder, "SELECT order_id, extra_size, extra_colour FROM {} ORDER BY 1")
    assert found == [("1", "L", None), ("2", None, "red")]
    assert kept.manifest["splits"] == [["extra_colour", "Colour"], ["extra_size", "Size"]]


def test_the_outcome_lies_by_customer_and_time_with_guests_last(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    old = make_draft(
        "old", orders=[make_order("1", "zoe", "2024-05-01", "1"), make_order("2", None, "2024-05-01", "1")]
    )
    new = make_draft(
        "new", orders=[make_order("3", "ann", "2024-06-02", "1"), make_order("4", "zoe", "2024-04-02", "1")]
    )
    kept, _ = grow(old, new)
    assert rows(kept.folder, "SELECT order_id FROM {}") == [("3",), ("4",), ("1",), ("2",)]


def test_files_without_numbers_ask_and_say_what_can_be_answered(
    make_draft: Callable, make_order: Callable, grow: Callable, tmp_path: Path
) -> None:
    old = make_draft("old", orders=[make_order("r1", "ann", "2024-05-01", "1")], numbered=False)
    new = make_draft("new", orders=[make_order("r1", "bob", "2024-05-02", "2")], numbered=False)
    kept, _ = grow(old)
    with pytest.raises(Undecided, match="no numbers") as asked:
        merging.merge(kept.folder, new, tmp_path / "out")
    assert (asked.value.question, asked.value.options) == ("append", ("append", "replace"))


def test_files_without_numbers_are_added_and_their_made_up_numbers_do_not_meet(
    make_draft: Callable, make_order: Callable, grow: Callable, tmp_path: Path
) -> None:
    old = make_draft("old", orders=[make_order("r1", "ann", "2024-05-01", "1")], numbered=False)
    new = make_draft(
        "new",
        numbered=False,
        orders=[make_order("r1", "ann", "2024-05-01", "1"), make_order("r2", "bob", "2024-05-02", "2")],
        order_lines=[{"order_id": "r2", "line": 1}],
    )
    kept, merged = grow(old, new, append=True)
    assert merged == Merged(added=2)
    found = rows(kept.folder, "SELECT count(*), count(DISTINCT order_id), sum(net)::DOUBLE FROM {}")
    assert found == [(3, 3, 4.0)]
    with duckdb.connect() as con:
        lines = (
            f"SELECT count(*) FROM '{kept.folder}/order_lines.parquet' JOIN '{kept.folder}/orders.parquet' o"
        )
        assert con.execute(f"{lines} USING (order_id) WHERE o.customer = 'bob'").fetchall() == [(1,)]
    again = make_draft(
        "again", source="new", numbered=False, orders=[make_order("r1", "x", "2024-05-01", "1")]
    )
    with pytest.raises(ValueError, match=r"again\.csv is in this data set already"):
        merging.merge(kept.folder, again, tmp_path / "twice", append=True)


def test_a_file_can_take_the_place_of_all_orders_and_leaves_other_tables(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    old = make_draft(
        "old",
        orders=[make_order("1", "ann", "2024-05-01", "1"), make_order("2", "ann", "2024-05-03", "9")],
        customers=[{"customer": "ann"}],
    )
    new = make_draft("new", orders=[make_order("7", "bob", "2024-05-02", "2")])
    kept, merged = grow(old, new, replace=True)
    assert merged == Merged(added=1, replaced=2)
    assert contents(kept.folder) == [("7", 2.0, None, False)]
    assert rows(kept.folder, "SELECT customer FROM {}", "customers") == [("ann",)]
    # What was replaced has no say any more: a later merge meets the new orders only.
    later = make_draft("later", orders=[make_order("7", "bob", "2024-05-02", "3")], newest="2024-06-01")
    kept, merged = grow(kept, later)
    assert merged == Merged(changed=1)
    assert contents(kept.folder) == [("7", 3.0, None, False)]


def test_other_tables_come_beside_the_orders_and_merge_by_their_own_keys(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    def spent(month: int, channel: str | None, amount: str) -> dict[str, Any]:
        start = dt.date(2024, month, 1)
        return {
            "starts_on": start,
            "ends_on": start + dt.timedelta(27),
            "channel": channel,
            "amount": amount,
            "currency": "GBP",
        }

    shop = make_draft("shop", orders=[make_order("1", "ann", "2024-05-01", "1")])
    spring = make_draft(
        "spring",
        spend=[spent(3, "ads", "10"), spent(4, "ads", "20"), spent(4, None, "5")],
        newest="2024-04-28",
    )
    summer = make_draft("summer", spend=[spent(4, "ads", "21"), spent(5, "ads", "30")], newest="2024-05-28")
    kept, merged = grow(shop, spring, summer)
    found = rows(
        kept.folder,
        "SELECT month(starts_on), channel, amount::DOUBLE FROM {} ORDER BY 1, 2 NULLS LAST",
        "spend",
    )
    assert found == [(3, "ads", 10.0), (4, "ads", 21.0), (4, None, 5.0), (5, "ads", 30.0)]
    assert merged == Merged(added=1, changed=1)
    assert ledger(kept.folder) == [("added", 1, 30.0, "GBP"), ("changed", 1, 21.0, "GBP")]
    assert kept.manifest["summary"]["orders"] == 1
    assert contents(kept.folder) == [("1", 1.0, None, False)]


def test_a_customer_is_as_the_newest_list_says(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    shop = make_draft("shop", orders=[make_order("1", "ann", "2024-05-01", "1")], newest="2024-05-01")
    lists = [
        make_draft(f"list{n}", customers=[{"customer": "ann", "country": country}], newest=newest)
        for n, (country, newest) in enumerate(
            [("GB", "2024-06-01"), ("US", "2024-08-01"), ("FR", "2024-07-01")]
        )
    ]
    kept, merged = grow(shop, *lists)
    assert rows(kept.folder, "SELECT customer, country FROM {}", "customers") == [("ann", "US")]
    assert merged == Merged(unchanged=1)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"currency": "EUR"}, "is in GBP, this file in EUR"),
        ({"zone": "Europe/Kyiv"}, "those of UTC; this file was read for Europe/Kyiv"),
    ],
)
def test_other_currencies_and_zones_are_refused(
    may: Callable,
    make_draft: Callable,
    make_order: Callable,
    grow: Callable,
    tmp_path: Path,
    facts: Any,
    sentence: str,
) -> None:
    kept, _ = grow(may())
    other = make_draft("other", orders=[make_order("1", "ann", "2024-05-01", "1")], **facts)
    with pytest.raises(ValueError, match=sentence):
        merging.merge(kept.folder, other, tmp_path / "out")


def test_a_damaged_snapshot_is_not_merged_into(
    may: Callable, june: Callable, grow: Callable, tmp_path: Path
) -> None:
    kept, _ = grow(may())
    with (kept.folder / "orders.parquet").open("r+b") as stream:
        stream.seek(100)
        stream.write(b"\0\0\0\0")
    with pytest.raises(snapshots.Broken):
        merging.merge(kept.folder, june(), tmp_path / "out")


def test_earlier_snapshots_stay_as_they_were(
    may: Callable, june: Callable, grow: Callable, home: Path
) -> None:
    first, _ = grow(may())
    before = contents(first.folder)
    second, _ = grow(first, june())
    snapshots.verify(first.folder)
    assert contents(first.folder) == before
    shop = snapshots.open_shop(connections.cursor(home), second.folder)
    assert shop.fingerprint == second.fingerprint != first.fingerprint
    assert second.manifest["previous"] == first.fingerprint


def expected(exports: list[dict[str, Any]]) -> Rows:
    """What any order of uploads has to give, straight from the definitions, one order at a time."""
    ranked = sorted(exports, key=lambda e: (e["newest"], e["upload"]))
    outcome = []
    for order_id in sorted({o["order_id"] for e in ranked for o in e["orders"]}):
        holding = [
            rank for rank, e in enumerate(ranked) if any(o["order_id"] == order_id for o in e["orders"])
        ]
        version = next(o for o in ranked[holding[-1]]["orders"] if o["order_id"] == order_id)
        gone = any(
            min(o["ordered_at"] for o in e["orders"])
            <= version["ordered_at"]
            <= max(o["ordered_at"] for o in e["orders"])
            for e in ranked[holding[-1] + 1 :]
        )
        outcome.append((order_id, float(version["net"]), None, gone))
    return outcome


@pytest.mark.parametrize("seed", range(8))
def test_random_exports_of_a_random_shop_merge_as_the_definitions_say(
    make_draft: Callable, make_order: Callable, grow: Callable, seed: int
) -> None:
    rng = random.Random(seed)
    days = {str(n): rng.randrange(1, 28) for n in range(12)}
    exports = []
    for upload in range(4):
        first, last = sorted((rng.randrange(1, 28), rng.randrange(1, 28)))
        there = [n for n, day in days.items() if first <= day <= last and rng.random() < 0.8] or ["0"]
        orders = [
            make_order(n, f"c{n}", f"2024-03-{days[n]:02}T12:00", str(rng.randrange(1, 4))) for n in there
        ]
        exports.append({"upload": upload, "orders": orders, "newest": f"2024-04-{rng.randrange(1, 5):02}"})
    drafts = [make_draft(f"export{e['upload']}", orders=e["orders"], newest=e["newest"]) for e in exports]
    kept, merged = grow(*drafts)
    assert contents(kept.folder) == expected(exports)
    assert merged.added + merged.changed + merged.unchanged == len(exports[-1]["orders"])


def test_in_a_child_process_the_outcome_is_the_same(may: Callable, june: Callable, grow: Callable) -> None:
    kept, merged = grow(may(), june(), run=opening.run)
    assert contents(kept.folder) == MAY_AND_JUNE
    assert merged == Merged(added=2, changed=1, gone=1)
