"""The ledger of a data set that grew is that of all its files, and for each of them what it brought is somewhere."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import merging, merging_ledger, snapshots
from shop import Flag

Lines = dict[tuple[str, str, int], tuple[int, Decimal | None]]


@pytest.fixture
def grow(tmp_path: Path) -> Callable[..., snapshots.Kept]:
    """Keep the first draft, merge each further one into what is there; the last snapshot."""
    made = itertools.count()

    def grown(first: Path | snapshots.Kept, *drafts: Path, **how: Any) -> snapshots.Kept:
        kept = first if isinstance(first, snapshots.Kept) else snapshots.keep(first, home=tmp_path / "home")
        for draft in drafts:
            out = tmp_path / f"out{next(made)}"
            merging.merge(kept.folder, draft, out, **how)
            kept = snapshots.keep(out, home=tmp_path / "home", previous=kept.fingerprint)
        return kept

    return grown


def asked(folder: Path, query: str, table: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        return con.execute(query.format(f"read_parquet('{folder}/{table}.parquet')")).fetchall()


def lines(folder: Path, *but: str) -> Lines:
    """(disposition, code, source) -> (rows, money); without the dispositions `but`."""
    found = asked(folder, "SELECT disposition, code, source, rows, money FROM {}", "ledger")
    return {(d, code, source): (n, money) for d, code, source, n, money in found if d not in but}


@pytest.fixture
def may(make_draft: Callable, make_order: Callable) -> Path:
    """Three orders, 60 in all, of five records; and two records that could not be read."""
    return make_draft(
        "may",
        orders=[
            make_order("1", "ann", "2024-05-01T09:00", "10", records=3),
            make_order("2", "bob", "2024-05-10T09:00", "20"),
            make_order("3", None, "2024-05-30T09:00", "30", flags=int(Flag.NO_CUSTOMER)),
        ],
        aside=[("bad_time", "4"), ("no_amount", None)],
    )


@pytest.fixture
def june(make_draft: Callable, make_order: Callable) -> Path:
    """From 10 May on: 2 changed, 3 is not there any more, 4 is new; one record could not be read."""
    return make_draft(
        "june",
        orders=[
            make_order("2", "bob", "2024-05-10T09:00", "25", records=2),
            make_order("4", "bob", "2024-06-10T09:00", "40"),
        ],
        aside=[("bad_time", "5")],
    )


def test_two_files_by_hand(may: Path, june: Path, grow: Callable) -> None:
    kept = grow(may, june)
    assert lines(kept.folder) == {
        ("accepted", "", 0): (5, Decimal(60)),
        ("accepted", "", 1): (3, Decimal(65)),
        ("set aside", "bad_time", 0): (1, Decimal(4)),
        ("set aside", "bad_time", 1): (1, Decimal(5)),
        ("set aside", "no_amount", 0): (1, None),
        ("in the data set", "stands", 0): (4, Decimal(40)),  # 1 and 3
        ("in the data set", "stands", 1): (3, Decimal(65)),  # 2 and 4
        ("replaced", "newer", 0): (1, Decimal(20)),  # the older 2
        ("flagged", "gone", 0): (1, Decimal(30)),
        ("flagged", "no_customer", 0): (1, Decimal(30)),
        ("merged", "added", 1): (1, Decimal(40)),
        ("merged", "changed", 1): (1, Decimal(25)),
        ("merged", "gone", 1): (1, Decimal(30)),
    }
    summary = kept.manifest["summary"]
    assert [summary[k] for k in ("rows_in", "rows_accepted", "rows_set_aside")] == [11, 8, 3]
    where = asked(kept.folder, "SELECT source, record, code FROM {} ORDER BY ALL", "set_aside")
    assert where == [(0, 0, "bad_time"), (0, 1, "no_amount"), (1, 0, "bad_time")]
    reasons = asked(
        kept.folder,
        "SELECT min(length(reason)) FROM {} WHERE disposition <> 'accepted' AND disposition <> 'set aside'",
        "ledger",
    )
    assert reasons[0][0] > 10


def test_of_an_older_export_that_comes_later_what_was_known_better_is_replaced(
    may: Path, june: Path, grow: Callable
) -> None:
    found = lines(grow(june, may).folder, "merged", "flagged", "set aside")
    assert found == {
        ("accepted", "", 0): (3, Decimal(65)),
        ("accepted", "", 1): (5, Decimal(60)),
        ("in the data set", "stands", 0): (3, Decimal(65)),
        ("in the data set", "stands", 1): (4, Decimal(40)),
        ("replaced", "newer", 1): (1, Decimal(20)),
    }


def test_a_file_put_in_the_place_of_another_replaces_all_of_it(
    may: Path, june: Path, make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    third = make_draft("third", orders=[make_order("7", "bob", "2024-05-02", "2")])
    kept = grow(grow(may, june), third, replace=True)
    assert lines(kept.folder, "merged", "flagged", "set aside", "accepted") == {
        ("in the data set", "stands", 2): (1, Decimal(2)),
        ("replaced", "newer", 0): (1, Decimal(20)),
        ("replaced", "exchanged", 0): (4, Decimal(40)),
        ("replaced", "exchanged", 1): (3, Decimal(65)),
    }
    assert kept.manifest["summary"]["rows_in"] == 12


def test_files_without_numbers_stand_side_by_side(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    drafts = [
        make_draft(f"d{n}", numbered=False, orders=[make_order("#1", "ann", "2024-05-01", str(n))])
        for n in range(1, 4)
    ]
    found = lines(grow(*drafts, append=True).folder, "merged", "accepted")
    assert found == {("in the data set", "stands", n): (1, Decimal(n + 1)) for n in range(3)}


def test_the_same_file_appended_under_another_mapping_counts_its_own_records(
    make_draft: Callable, make_order: Callable, grow: Callable
) -> None:
    first = make_draft("first", numbered=False, orders=[make_order("#1", "ann", "2024-05-01", "1")])
    more = [
        make_draft(
            f"again{n}",
            source="again",
            mapping={"n": n},
            numbered=False,
            orders=[make_order("#1", "ann", "2024-05-01", str(n))],
        )
        for n in (2, 3)
    ]
    found = lines(grow(first, *more, append=True).folder, "merged", "accepted")
    assert found == {("in the data set", "stands", n): (1, Decimal(n + 1)) for n in range(3)}


def test_spend_and_customers_balance_beside_the_orders(
    may: Path, make_draft: Callable, grow: Callable
) -> None:
    def spend(name: str, newest: str, *amounts: str) -> Path:
        costs = [
            {"starts_on": f"2024-0{n}-01", "ends_on": f"2024-0{n}-28", "amount": amount, "kind": "media",
             "currency": "GBP"}
            for n, amount in enumerate(amounts, 3)
        ]  # fmt: skip
        return make_draft(name, spend=costs, newest=newest)

    people = make_draft("people", customers=[{"customer": "ann"}, {"customer": "bob"}], newest="2024-05-01")
    newer = make_draft("newer", customers=[{"customer": "ann"}], newest="2024-06-01")
    kept = grow(may, spend("a", "2024-04-28", "10", "20"), people, spend("b", "2024-05-28", "11"), newer)
    assert lines(kept.folder, "merged", "flagged", "set aside") == {
        ("accepted", "", 0): (5, Decimal(60)),
        ("accepted", "", 1): (2, Decimal(30)),
        ("accepted", "", 2): (2, None),
        ("accepted", "", 3): (1, Decimal(11)),
        ("accepted", "", 4): (1, None),
        ("in the data set", "stands", 0): (5, Decimal(60)),
        ("in the data set", "stands", 1): (1, Decimal(20)),
        ("in the data set", "stands", 2): (1, None),
        ("in the data set", "stands", 3): (1, Decimal(11)),
        ("in the data set", "stands", 4): (1, None),
        ("replaced", "newer", 1): (1, Decimal(10)),
        ("replaced", "newer", 2): (1, None),
    }


@pytest.mark.parametrize("files", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_what_any_file_had_accepted_stands_or_was_replaced(
    make_draft: Callable, make_order: Callable, grow: Callable, files: int, seed: int
) -> None:
    rng = random.Random(seed)
    exports: list[list[dict[str, Any]]] = []
    for _ in range(files):
        days = sorted(rng.sample(range(1, 29), 2))
        orders = [
            make_order(
                str(n), f"c{n % 5}", f"2024-03-{n % 28 + 1:02}T12:00", f"{rng.randrange(-50, 500)}.{rng.randrange(100):02}",
                records=rng.randrange(1, 4), flags=rng.choice((0, int(Flag.TEST), int(Flag.REFUNDED))),
            )
            for n in range(40)
            if days[0] <= n % 28 + 1 <= days[1] and rng.random() < 0.8
        ]  # fmt: skip
        exports.append(orders or [make_order("0", "c0", "2024-03-01T12:00", "1")])
    asides = [[("bad_time", str(rng.randrange(9)))] * rng.randrange(4) for _ in exports]
    drafts = [
        make_draft(f"e{n}", orders=orders, aside=aside, newest=f"2024-04-{rng.randrange(1, 4):02}")
        for n, (orders, aside) in enumerate(zip(exports, asides, strict=True))
    ]
    kept = grow(*drafts)
    records: Counter[tuple[str, int]] = Counter()
    money: dict[tuple[str, int], Decimal] = {}
    for (disposition, _, source), (n, m) in lines(kept.folder).items():
        records[disposition, source] += n
        money[disposition, source] = money.get((disposition, source), Decimal(0)) + (m or 0)
    for source, (orders, aside) in enumerate(zip(exports, asides, strict=True)):
        brought = sum(o["records"] for o in orders)
        worth = sum(Decimal(o["net"]) for o in orders)
        assert records["accepted", source] == brought
        assert money["accepted", source] == worth
        assert records["set aside", source] == len(aside)
        assert records["in the data set", source] + records["replaced", source] == brought
        assert money.get(("in the data set", source), 0) + money.get(("replaced", source), 0) == worth
    ((rows, sum_of),) = asked(kept.folder, "SELECT sum(records), sum(net) FROM {}", "orders")
    assert sum(n for (d, _), n in records.items() if d == "in the data set") == rows
    assert sum(m for (d, _), m in money.items() if d == "in the data set") == sum_of
    for flag in (Flag.TEST, Flag.REFUNDED, Flag.GONE):
        counted = sum(
            n for (d, c, _), (n, _) in lines(kept.folder).items() if c == flag.name.lower() and d == "flagged"
        )
        ((there,),) = asked(
            kept.folder, f"SELECT coalesce(sum(records), 0) FROM {{}} WHERE flags & {int(flag)} > 0", "orders"
        )
        assert counted == there


def test_a_ledger_that_does_not_add_up_is_never_kept(
    make_draft: Callable, make_order: Callable, june: Path, grow: Callable, tmp_path: Path
) -> None:
    wrong = make_draft("wrong", orders=[make_order("1", "ann", "2024-05-01", "1")])
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE l AS SELECT * REPLACE (rows + 1 AS rows) FROM '{wrong}/ledger.parquet'")
        con.execute(f"COPY l TO '{wrong}/ledger.parquet' (FORMAT parquet)")
    kept = grow(june)
    with pytest.raises(merging_ledger.Unbalanced, match="1 records"):
        merging.merge(kept.folder, wrong, tmp_path / "out")


def test_a_data_set_with_the_ledger_of_its_last_file_alone_is_not_added_to(
    may: Path, june: Path, make_draft: Callable, make_order: Callable, grow: Callable, tmp_path: Path
) -> None:
    kept = grow(may, june)
    older = tmp_path / "older"
    older.mkdir()
    for file in kept.folder.iterdir():
        (older / file.name).write_bytes(file.read_bytes())
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE l AS SELECT * EXCLUDE (source) FROM '{kept.folder}/ledger.parquet' WHERE source = 1"
        )
        con.execute(f"COPY l TO '{older}/ledger.parquet' (FORMAT parquet)")
    third = make_draft("third", orders=[make_order("7", "bob", "2024-05-02", "2")])
    snapshots.manifests.write(older, _with_sums_of(older, kept.manifest))
    with pytest.raises(ValueError, match="earlier Holdfast"):
        merging.merge(older, third, tmp_path / "out")


def _with_sums_of(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    path = folder / "ledger.parquet"
    files = {
        **manifest["files"],
        path.name: {**manifest["files"][path.name], "sha256": snapshots.manifests.sha256(path)},
    }
    return {**manifest, "files": files}
