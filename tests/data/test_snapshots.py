"""What is kept is whole, named by its contents, and never read when it is not what was kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from data import connections, manifests, scratch, snapshots
from data.catalog import Catalog, Overtaken

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def draft(make_draft: Callable[..., Path], make_order: Callable) -> Path:
    return make_draft(
        "june",
        orders=[
            make_order("1", "ann", "2024-06-01T10:00", "10.00", extra_size="L"),
            make_order("2", "ann", "2024-06-09T10:00", "12.50"),
            make_order("3", None, "2024-06-02T10:00", "7.00"),
        ],
        customers=[{"customer": "ann"}],
        surveys=[],
        splits=[["extra_size", "Size"]],
    )


def again(draft: Path, name: str) -> Path:
    """A copy of a draft: keeping uses a draft up."""
    return Path(shutil.copytree(draft, draft.with_name(name)))


def test_a_kept_draft_opens_as_the_shop_it_was(home: Path, draft: Path) -> None:
    kept = snapshots.keep(draft, home=home)
    assert kept.folder == home / "local" / "snapshots" / kept.fingerprint
    shop = snapshots.open_shop(connections.cursor(home), kept.folder)
    assert (shop.fingerprint, shop.name, shop.currency, shop.zone) == (kept.fingerprint, "june", "GBP", "UTC")
    assert shop.splits == (("extra_size", "Size"),)
    assert not shop.synthetic
    assert str(shop.orders.net.sum().to_pyarrow().as_py()) == "29.5000"
    assert shop.customers is not None
    assert shop.customers.customer.to_pyarrow().to_pylist() == ["ann"]


def test_a_table_that_is_missing_or_has_no_rows_is_none(home: Path, draft: Path) -> None:
    shop = snapshots.open_shop(connections.cursor(home), snapshots.keep(draft, home=home).folder)
    assert (shop.order_lines, shop.spend, shop.surveys) == (None, None, None)


def test_ledger_can_be_opened_and_what_is_not_there_is_none(home: Path, draft: Path) -> None:
    kept = snapshots.keep(draft, home=home)
    ledger = snapshots.open_table(connections.cursor(home), kept.folder, "ledger")
    assert ledger is not None
    assert ledger.rows.to_pyarrow().to_pylist() == [3]
    assert snapshots.open_table(connections.cursor(home), kept.folder, "set_aside") is None


def test_the_draft_is_used_up_and_cannot_reach_into_the_snapshot(home: Path, draft: Path) -> None:
    kept = snapshots.keep(draft, home=home)
    assert not list(draft.glob("*.parquet"))
    (draft / "orders.parquet").write_bytes(b"written later")
    snapshots.verify(kept.folder)


def test_the_fingerprint_depends_on_bytes_mapping_zone_and_schema_and_on_nothing_else() -> None:
    base = snapshots.fingerprint(["aa"], "{}", "UTC")
    assert base == snapshots.fingerprint(["aa"], "{}", "UTC")
    others = [
        snapshots.fingerprint(["ab"], "{}", "UTC"),
        snapshots.fingerprint(["aa", "aa"], "{}", "UTC"),
        snapshots.fingerprint(["aa"], '{"a": 1}', "UTC"),
        snapshots.fingerprint(["aa"], "{}", "Europe/Kyiv"),
        snapshots.fingerprint(["aa"], "{}", "UTC", schema_version=99),
    ]
    assert len({base, *others}) == 6
    assert snapshots.fingerprint(["aa", "bb"], "{}", "UTC") != snapshots.fingerprint(
        ["bb", "aa"], "{}", "UTC"
    )


def test_the_same_contents_twice_are_one_snapshot(home: Path, draft: Path) -> None:
    copy = again(draft, "copy")
    first = snapshots.keep(draft, home=home)
    written = (first.folder / "orders.parquet").stat()
    second = snapshots.keep(copy, home=home)
    assert second.fingerprint == first.fingerprint
    after = (second.folder / "orders.parquet").stat()
    assert (after.st_ino, after.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "manifest", "no manifest"])
def test_a_damaged_snapshot_is_named_and_not_read(home: Path, draft: Path, damage: str) -> None:
    kept = snapshots.keep(draft, home=home)
    orders, manifest = kept.folder / "orders.parquet", kept.folder / "manifest.json"
    if damage == "flip":
        content = bytearray(orders.read_bytes())
        content[len(content) // 2] ^= 1
        orders.write_bytes(content)
    elif damage == "cut":
        os.truncate(orders, 100)
    elif damage == "remove":
        orders.unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text().replace('"GBP"', '"USD"'))
    else:
        manifest.unlink()
    with pytest.raises(snapshots.Broken, match=r"orders\.parquet|manifest\.json|no snapshot") as fault:
        snapshots.open_shop(connections.cursor(home), kept.folder)
    assert "mport" in str(fault.value), "the sentence says what to do"


def test_a_file_that_changes_after_it_was_verified_is_verified_again(home: Path, draft: Path) -> None:
    kept = snapshots.keep(draft, home=home)
    snapshots.open_shop(connections.cursor(home), kept.folder)
    content = bytearray((kept.folder / "orders.parquet").read_bytes())
    content[200] ^= 1
    (kept.folder / "orders.parquet").write_bytes(content)
    with pytest.raises(snapshots.Broken):
        snapshots.open_shop(connections.cursor(home), kept.folder)


def test_checksums_are_computed_once_a_process(
    home: Path, draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = snapshots.keep(draft, home=home)
    read: list[Path] = []
    real = manifests.sha256

    def noted(path: Path) -> str:
        read.append(path)
        return real(path)

    monkeypatch.setattr(manifests, "sha256", noted)
    for _ in range(3):
        snapshots.open_shop(connections.cursor(home), kept.folder)
    assert len(read) == len(set(read)) == 2  # orders and customers: surveys has no rows


def test_importing_again_mends_a_damaged_snapshot_and_keeps_the_damaged_one_aside(
    home: Path, draft: Path
) -> None:
    copy = again(draft, "copy")
    kept = snapshots.keep(draft, home=home)
    (kept.folder / "orders.parquet").write_bytes(b"not Parquet")
    snapshots.keep(copy, home=home)
    snapshots.verify(kept.folder)
    assert len(list(kept.folder.parent.glob("broken-*"))) == 1


def test_columns_other_than_those_of_the_tables_are_refused(home: Path, draft: Path) -> None:
    orders = draft / "orders.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS SELECT * REPLACE (net::DOUBLE AS net) FROM '{orders}'")
        con.execute(f"COPY t TO '{orders}' (FORMAT parquet)")
    with pytest.raises(
        ValueError, match=r"Column 16 of orders is net \(double\); net \(decimal128\(18, 4\)\)"
    ):
        snapshots.keep(draft, home=home)
    assert not list((home / "local" / "snapshots").iterdir())


def test_a_newer_schema_is_refused(home: Path, draft: Path) -> None:
    kept = snapshots.keep(draft, home=home)
    manifests.write(kept.folder, {**kept.manifest, "schema_version": 99})
    with pytest.raises(snapshots.Broken, match="newer Holdfast"):
        snapshots.open_shop(connections.cursor(home), kept.folder)


@pytest.mark.parametrize("name", ["../other", "", "A", "a/b", "/etc", "-x", "a" * 64])
def test_a_tenant_that_is_no_plain_name_is_refused(home: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a team"):
        snapshots.place(home, name, "0" * 64)


def test_a_fingerprint_that_is_a_path_is_refused(home: Path) -> None:
    with pytest.raises(ValueError, match="not a fingerprint"):
        snapshots.place(home, "local", "../../etc")


def test_the_catalogue_lists_what_was_kept_newest_first(
    home: Path, draft: Path, make_draft: Callable[..., Path], make_order: Callable
) -> None:
    catalog = Catalog(home)
    shop = catalog.create_data_set("local", "Shop")
    first = snapshots.keep(draft, home=home, data_set=shop.id)
    later = make_draft("july", orders=[make_order("9", "bob", "2024-07-01", "5")])
    second = snapshots.keep(later, home=home, data_set=shop.id, previous=first.fingerprint)
    rows = catalog.snapshots(shop.id)
    assert [row.fingerprint for row in rows] == [second.fingerprint, first.fingerprint]
    assert rows[1].summary == {
        "rows_in": 3,
        "rows_accepted": 3,
        "rows_set_aside": 0,
        "orders": 3,
        "customers": 1,
        "first_day": "2024-06-01",
        "last_day": "2024-06-09",
        "currency": "GBP",
        "files": ["june.csv"],
    }
    third = make_draft("august", orders=[make_order("10", "bob", "2024-08-01", "5")])
    with pytest.raises(Overtaken, match="import this one again"):
        snapshots.keep(third, home=home, data_set=shop.id, previous=first.fingerprint)


def test_many_threads_keep_the_same_contents_and_all_succeed(home: Path, draft: Path) -> None:
    copies = [again(draft, f"copy{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda copy: snapshots.keep(copy, home=home), copies))
    assert len({k.fingerprint for k in kept}) == 1
    snapshots.verify(kept[0].folder)
    assert [f.name for f in kept[0].folder.parent.iterdir()] == [kept[0].fingerprint]


def test_two_processes_keep_the_same_contents_and_both_succeed(home: Path, draft: Path) -> None:
    program = (
        "import sys; from data import snapshots; sys.stdin.readline();"
        "print(snapshots.keep(sys.argv[1], home=sys.argv[2]).fingerprint)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(again(draft, f"copy{n}")), str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    names = {process.communicate(timeout=60)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0]
    assert len(names) == 1
    snapshots.verify(home / "local" / "snapshots" / names.pop())


def test_an_import_killed_at_any_moment_leaves_earlier_snapshots_whole_and_no_half_one(
    home: Path, draft: Path, make_draft: Callable[..., Path], make_order: Callable
) -> None:
    shop = Catalog(home).create_data_set("local", "Shop")
    before = snapshots.keep(draft, home=home, data_set=shop.id)
    later = make_draft("july", orders=[make_order(str(n), "bob", "2024-07-01", "5") for n in range(50)])
    program = str(Path(__file__).with_name("killed_imports.py"))
    done = subprocess.run(
        [sys.executable, program, str(home), str(later), before.fingerprint, str(shop.id)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["killed"] >= 30, "one for every file operation of an import"
    assert report["leftovers"] >= 10, "the moments that matter were among them"
    assert report["by_clock"] >= 5
    assert report["left"] == []


def test_a_sweep_removes_what_the_dead_left_and_not_what_the_living_make(tmp_path: Path) -> None:
    dead = tmp_path / f"{scratch.PREFIX}dead"
    dead.mkdir()
    (dead / "orders.parquet").write_bytes(b"half")
    dead.with_suffix(".lock").touch()
    with scratch.folder(tmp_path) as alive:
        scratch.sweep(tmp_path)
        assert alive.exists()
        assert not dead.exists()
    assert list(tmp_path.iterdir()) == []
