"""One tenant never sees another's, a newer schema is not touched, threads and processes share it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from data import catalog_tables
from data.catalog import Catalog, NewerCatalogue

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_data_set_is_made_renamed_and_deleted_but_its_row_stays(home: Path) -> None:
    catalog = Catalog(home)
    made = catalog.create_data_set("local", " Tea shop ", "orders", "GBP", "Europe/London")
    assert (made.name, made.kind, made.currency, made.zone) == ("Tea shop", "orders", "GBP", "Europe/London")
    catalog.rename_data_set(made.id, "Tea & co")
    assert [d.name for d in Catalog(home).data_sets()] == ["Tea & co"]
    catalog.delete_data_set(made.id)
    assert catalog.data_sets() == []
    with pytest.raises(ValueError, match=f"no data set {made.id}"):
        catalog.data_set(made.id)
    with sqlite3.connect(home / "catalog.sqlite") as con:
        assert con.execute("SELECT name FROM data_sets").fetchall() == [("Tea & co",)]
    con.close()


def test_a_tenant_sees_and_changes_only_its_own(home: Path) -> None:
    catalog = Catalog(home)
    ours = catalog.create_data_set("ours", "Ours")
    theirs = catalog.create_data_set("theirs", "Theirs")
    assert [d.id for d in catalog.data_sets("ours")] == [ours.id]
    for forbidden in (
        lambda: catalog.data_set(theirs.id, "ours"),
        lambda: catalog.rename_data_set(theirs.id, "x", "ours"),
        lambda: catalog.delete_data_set(theirs.id, "ours"),
        lambda: catalog.snapshots(theirs.id, "ours"),
        lambda: catalog.add_snapshot(theirs.id, "0" * 64, summary={}, tenant="ours"),
    ):
        with pytest.raises(ValueError, match="no data set"):
            forbidden()
    catalog.remember_mapping(["a"], "{}", "theirs")
    assert catalog.mapping_for(["a"], "ours") is None
    catalog.put_person("Ann@Shop.example", "Ann", "owner", "theirs")
    assert catalog.people("ours") == []


def test_a_name_is_needed(home: Path) -> None:
    with pytest.raises(ValueError, match="name is missing"):
        Catalog(home).create_data_set("local", "  ")


def test_the_same_snapshot_again_adds_no_row_but_going_back_to_an_older_one_does(home: Path) -> None:
    catalog = Catalog(home)
    shop = catalog.create_data_set("local", "Shop")
    for letter in "aabba":
        catalog.add_snapshot(shop.id, letter * 64, summary={"orders": 1})
    assert [row.fingerprint[0] for row in catalog.snapshots(shop.id)] == ["a", "b", "a"]


def test_ever_used_means_that_a_snapshot_was_kept(home: Path) -> None:
    catalog = Catalog(home)
    shop = catalog.create_data_set("local", "Shop")
    assert not catalog.was_ever_used("local")
    catalog.add_snapshot(shop.id, "a" * 64, summary={})
    catalog.delete_data_set(shop.id)
    assert catalog.was_ever_used("local")
    assert not catalog.was_ever_used("other")


def test_a_mapping_is_offered_again_for_the_same_columns_in_any_order(home: Path) -> None:
    catalog = Catalog(home)
    catalog.remember_mapping(["Date", "Total"], '{"v": 1}')
    catalog.remember_mapping(["Total", "Date"], '{"v": 2}')
    assert catalog.mapping_for(["Date", "Total"]) == '{"v": 2}'
    assert catalog.mapping_for(["Date", "Total", "More"]) is None


def test_choices_of_a_data_set_are_kept(home: Path) -> None:
    catalog = Catalog(home)
    shop = catalog.create_data_set("local", "Shop")
    assert catalog.definitions(shop.id) is None
    catalog.save_definitions(shop.id, '{"level": 0.9}')
    catalog.save_definitions(shop.id, '{"level": 0.8}')
    assert catalog.definitions(shop.id) == '{"level": 0.8}'
    catalog.confirm(shop.id, "zone", "Europe/Kyiv")
    catalog.confirm(shop.id, "margin", "0.4")
    catalog.confirm(shop.id, "margin", "0.5")
    assert catalog.answers(shop.id) == {"zone": "Europe/Kyiv", "margin": "0.5"}
    catalog.save_view(shop.id, "Spring", "cohorts", "?a=1")
    catalog.save_view(shop.id, "Autumn", "cohorts", "?a=2")
    catalog.save_view(shop.id, "Spring", "churn", "?a=3")
    assert [(v.name, v.page, v.address) for v in catalog.saved_views(shop.id)] == [
        ("Spring", "churn", "?a=3"),
        ("Autumn", "cohorts", "?a=2"),
    ]
    catalog.delete_view(shop.id, "Spring")
    assert [v.name for v in catalog.saved_views(shop.id)] == ["Autumn"]


def test_people_are_known_by_their_address_whatever_its_case(home: Path) -> None:
    catalog = Catalog(home)
    catalog.put_person("Ann@Shop.example ", "Ann", "reader")
    catalog.put_person("ann@shop.example", "Ann B", "owner")
    assert [(p.email, p.name, p.role) for p in catalog.people()] == [("ann@shop.example", "Ann B", "owner")]


def test_a_choice_for_a_data_set_that_never_was_is_refused_by_the_database(home: Path) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        Catalog(home).save_definitions(77, "{}")


def test_a_newer_catalogue_is_refused_and_not_touched(home: Path) -> None:
    Catalog(home)
    path = home / "catalog.sqlite"
    with sqlite3.connect(path) as con:
        con.execute("UPDATE schema_version SET version = 99")
    con.close()
    before = path.read_bytes()
    with pytest.raises(NewerCatalogue, match=r"version 99; this one knows up to 2.*Update Holdfast"):
        Catalog(home)
    assert path.read_bytes() == before


def test_the_version_is_there_from_the_first_day(home: Path) -> None:
    Catalog(home)
    con = sqlite3.connect(home / "catalog.sqlite")
    assert con.execute("SELECT version FROM schema_version").fetchall() == [(catalog_tables.CATALOG_VERSION,)]
    assert con.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    con.close()


def test_many_threads_write_and_read_at_once(home: Path) -> None:
    catalog = Catalog(home)
    shop = catalog.create_data_set("local", "Shop")

    def work(n: int) -> int:
        catalog.confirm(shop.id, f"question {n % 5}", str(n))
        catalog.add_snapshot(shop.id, f"{n:064x}", summary={"orders": n})
        return len(catalog.snapshots(shop.id))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(64)))
    assert len(catalog.snapshots(shop.id)) == 64
    assert len(catalog.answers(shop.id)) == 5


def test_processes_that_start_together_make_one_catalogue(home: Path) -> None:
    program = (
        "import sys; from data.catalog import Catalog; Catalog(sys.argv[1]).create_data_set('local', 'Shop')"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(home)], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in started] == [(b"", 0)] * 4
    assert len(Catalog(home).data_sets()) == 4
