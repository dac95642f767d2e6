"""Keeping drafts: files sent together are parts of one export and do not compete."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from data import keeping
from data.catalog import LOCAL, Catalog
from data.ingest import Draft, import_orders
from data.merging import Merged
from shop import Flag

HEADER = "Order,Customer,Date,Currency,Amount"
WHOLE = [f"{n},c{n % 7},2024-01-{n % 28 + 1:02} 10:{n:02},EUR,{n}.50" for n in range(1, 51)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def send(road: Any, home: Path, tmp_path: Path) -> Callable[..., tuple[int, list[Merged | None], Path]]:
    """Files (lists of lines) in one upload -> the data set, what merging made of each, the last snapshot."""
    number = itertools.count()

    def sent(*files: Sequence[str], data_set: int | None = None) -> tuple[int, list[Merged | None], Path]:
        room = tmp_path / f"upload{next(number)}"
        drafts = []
        for n, lines in enumerate(files):
            (room / str(n)).mkdir(parents=True)
            path = room / str(n) / f"part{n}.csv"
            path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
            drafts.append(road.check(path, room / str(n)))
        held = keeping.together(drafts, room / "held.parquet")
        done, kept = [], room
        for draft in drafts:
            merged, kept, data_set = keeping.keep(
                draft, home=home, tenant=LOCAL, data_set=data_set, name="Shop", held=held
            )
            done.append(merged)
        assert data_set is not None
        return data_set, done, kept

    return sent


def asked(folder: Path, query: str, table: str = "orders") -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        return con.execute(query.format(f"read_parquet('{folder}/{table}.parquet')")).fetchall()


def orders(folder: Path) -> list[tuple[Any, ...]]:
    return asked(folder, "SELECT order_id, customer, ordered_at, net, flags FROM {} ORDER BY ALL")


def halves() -> tuple[list[str], list[str]]:
    return WHOLE[::2], WHOLE[1::2]


def test_two_halves_of_one_export_sent_together_are_the_export(send: Callable) -> None:
    _, _, whole = send(WHOLE)
    _, done, kept = send(*halves())
    assert orders(kept) == orders(whole)
    assert [row for row in orders(kept) if row[-1] & Flag.GONE] == []
    assert done == [None, Merged(added=25)]
    totals = "SELECT sum(rows)::INT, sum(money) FROM {} WHERE disposition = 'accepted'"
    assert asked(kept, totals, "ledger") == asked(whole, totals, "ledger") == [(50, Decimal(1300))]


def test_sent_one_after_the_other_they_are_two_exports(send: Callable) -> None:
    first, second = halves()
    data_set, _, _ = send(first)
    _, (merged,), _ = send(second, data_set=data_set)
    assert merged.gone > 20


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_there_is_gone_where_no_part_holds_it(send: Callable, order: tuple[int, int]) -> None:
    data_set, _, _ = send([*WHOLE[:20], "900,c1,2024-01-09 10:00,EUR,9.00"])
    parts = halves()
    _, done, kept = send(*(parts[n] for n in order), data_set=data_set)
    assert [row[0] for row in orders(kept) if row[-1] & Flag.GONE] == ["900"]
    assert sum(m.gone for m in done) == 1
    assert sum(m.added for m in done) == 30


def test_what_was_there_speaks_for_no_part_of_an_export_that_reaches_further(send: Callable) -> None:
    # What is there reaches further than the first part, not as far as the second.
    data_set, _, _ = send(["1,a,2024-01-05,EUR,1.00", "2,b,2024-01-20,EUR,2.00"])
    first = ["1,a,2024-01-05,EUR,1.00", "3,b,2024-01-10,EUR,3.00"]
    second = ["4,a,2024-01-01,EUR,4.00", "2,b,2024-01-20,EUR,2.00", "5,a,2024-01-30,EUR,5.00"]
    _, done, kept = send(first, second, data_set=data_set)
    assert [(row[0], row[-1]) for row in orders(kept)] == [(n, 0) for n in "12345"]
    assert sum(m.gone for m in done) == 0


def test_an_upload_reaches_as_far_as_its_furthest_part(send: Callable) -> None:
    # The file that comes later reaches further than the part that holds 1, not as far as the other.
    parts = (["1,a,2024-01-05,EUR,1.00"], ["4,a,2024-01-01,EUR,4.00", "5,a,2024-01-30,EUR,5.00"])
    data_set, _, _ = send(*parts)
    _, (merged,), kept = send(["1,a,2024-01-05,EUR,1.50", "6,a,2024-01-10,EUR,6.00"], data_set=data_set)
    assert [(row[0], row[3], row[4]) for row in orders(kept)] == [
        ("1", 1, 0), ("4", 4, 0), ("5", 5, 0), ("6", 6, int(Flag.GONE)),
    ]  # fmt: skip
    assert merged == Merged(added=1, gone=1, unchanged=1)


def expected(exports: list[dict[str, Any]]) -> list[tuple[str, float, bool]]:
    """Order, amount, gone: straight from the definitions. `upload` is which upload an export came with."""

    def reach(upload: int) -> str:
        return max(e["newest"] for e in exports if e["upload"] == upload)

    def found_in(order: str, those: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [e for e in those if any(o["order_id"] == order for o in e["orders"])]

    ranked = sorted(exports, key=lambda e: (reach(e["upload"]), e["upload"], e["newest"], e["place"]))
    outcome = []
    for number in sorted({o["order_id"] for e in exports for o in e["orders"]}):
        best = found_in(number, ranked)[-1]
        version = next(o for o in best["orders"] if o["order_id"] == number)
        gone = any(
            min(o["ordered_at"] for o in e["orders"])
            <= version["ordered_at"]
            <= max(o["ordered_at"] for o in e["orders"])
            for e in ranked[ranked.index(best) :]
            if e["upload"] != best["upload"]
        )
        outcome.append((number, float(version["net"]), gone))
    return outcome


@pytest.mark.parametrize("seed", range(6))
def test_random_uploads_of_several_files_merge_as_the_definitions_say(
    make_draft: Callable, make_order: Callable, home: Path, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    days = {str(n): rng.randrange(1, 28) for n in range(12)}
    exports = []
    for place, upload in enumerate(sorted(rng.choices(range(3), k=5))):
        first, last = sorted((rng.randrange(1, 28), rng.randrange(1, 28)))
        there = [n for n, day in days.items() if first <= day <= last and rng.random() < 0.8] or ["0"]
        made = [make_order(n, "ann", f"2024-03-{days[n]:02}T12:00", str(rng.randrange(1, 4))) for n in there]
        newest = f"2024-04-{rng.randrange(1, 6):02}"
        exports.append({"place": place, "upload": upload, "orders": made, "newest": newest})
    data_set = None
    for upload in sorted({e["upload"] for e in exports}):
        drafts = []
        for e in (e for e in exports if e["upload"] == upload):
            folder = make_draft(
                f"e{e['place']}", orders=e["orders"], newest=e["newest"], mapping={"table": "orders"}
            )
            drafts.append(Draft(folder, json.loads((folder / "draft.json").read_text()), pd.DataFrame()))
        held = keeping.together(drafts, tmp_path / f"held{upload}.parquet")
        for draft in drafts:
            _, kept, data_set = keeping.keep(
                draft, home=home, tenant=LOCAL, data_set=data_set, name="Shop", held=held
            )
    query = f"SELECT order_id, net::DOUBLE, flags & {int(Flag.GONE)} > 0 FROM {{}} ORDER BY 1"
    assert asked(kept, query) == expected(exports)


def test_of_an_order_in_two_parts_the_newest_version_counts(send: Callable) -> None:
    longer = [*WHOLE, "99,c1,2024-02-20,EUR,1.00"]
    older = ["7,c0,2024-01-08 10:07,EUR,70.00", "98,c1,2024-02-01,EUR,1.00"]
    for parts in ((longer, older), (older, longer)):
        _, _, kept = send(*parts)
        assert [row[3] for row in orders(kept) if row[0] == "7"] == [Decimal("7.5")]


def test_an_upload_has_another_fingerprint_than_its_files_one_by_one(send: Callable) -> None:
    first, second = halves()
    _, _, together = send(first, second)
    data_set, _, _ = send(first)
    _, _, alone = send(second, data_set=data_set)
    assert together.name != alone.name
    assert send(first, second)[2].name == together.name


@pytest.mark.parametrize(
    ("change", "belongs"),
    [
        ({}, True),
        ({"currency": "USD"}, False),
        ({"zone": "Europe/Kyiv"}, False),
        ({"mapping": {"table": "orders", "format": "shopify", "columns": {}}}, False),
        ({"mapping": {"table": "spend", "format": "generic", "columns": {"amount": "cost"}}}, True),
        ({"mapping": {"table": "orders", "format": "generic", "columns": {"ordered_at": "Day"}}}, False),
        ({"mapping": {"table": "orders", "format": "generic", "columns": {"channel": "Source"}}}, True),
    ],
)
def test_what_looks_like_more_of_the_same(
    send: Callable, road: Any, tmp_path: Path, change: dict[str, Any], belongs: bool
) -> None:
    _, _, kept = send(WHOLE)
    path = tmp_path / "more.csv"
    path.write_text("\n".join([HEADER, *WHOLE[:9]]) + "\n", encoding="utf-8")
    made = road.check(path, tmp_path / "more")
    assert keeping.belongs(replace(made, facts={**made.facts, **change}), kept) is belongs


def test_the_same_file_twice_in_one_upload_counts_once(send: Callable) -> None:
    _, done, kept = send(WHOLE, WHOLE)
    assert done == [None, Merged(unchanged=50)]
    assert asked(kept, "SELECT sum(rows)::INT FROM {}", "ledger") == [(50,)]


def test_a_data_set_is_made_only_with_what_is_kept(road: Any, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("\n".join([HEADER, *WHOLE]) + "\n", encoding="utf-8")
    made = road.check(path, tmp_path / "room")
    (made.folder / "orders.parquet").write_bytes(b"not Parquet")
    with pytest.raises(Exception, match="arquet"):
        keeping.keep(made, home=home, tenant=LOCAL, data_set=None, name="Shop")
    assert Catalog(home).data_sets(LOCAL) == []
    assert import_orders(path, home=home).merged is None
