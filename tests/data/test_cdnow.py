"""CDNOW comes in on the same road as anybody's file, and with the numbers that were published."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from data import cdnow, connections, snapshots
from data.catalog import Catalog

ROOT = Path(__file__).parents[2]


def test_the_file_is_found_without_importing_the_package_it_lies_in() -> None:
    program = "import sys; from data import cdnow; print(cdnow.path().is_file(), 'lifetimes' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]


def test_without_the_package_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdnow, "find_spec", lambda _name: None)
    with pytest.raises(cdnow.NoCdnow, match=r"package lifetimes.*make run"):
        cdnow.path()


def test_customers_money_and_days_are_those_published(tmp_path: Path) -> None:
    # 23,570 customers, 69,659 transactions, 1997-01-01 to 1998-06-30 (Fader and Hardie 2001); the money is
    # the sum of the file's last column.
    home = tmp_path / "home"
    imported = cdnow.import_cdnow(home)
    assert (imported.rows_in, imported.rows_accepted, imported.rows_set_aside) == (69_659, 69_659, 0)
    data_set = cdnow.data_set(home)
    (row,) = Catalog(home).snapshots(data_set.id)
    shop = snapshots.open_shop(connections.cursor(home), snapshots.place(home, "local", row.fingerprint))
    orders = shop.orders
    asked = orders.aggregate(
        n=orders.count(),
        customers=orders.customer.nunique(),
        money=orders.net.sum(),
        first=orders.ordered_on.min(),
        last=orders.ordered_on.max(),
        items=orders.items.sum(),
    )
    (found,) = asked.to_pyarrow().to_pylist()
    assert (found["n"], found["customers"]) == (69_659, 23_570)
    assert str(found["money"]) == "2500315.6300"
    assert found["items"] == 167_881
    assert (str(found["first"]), str(found["last"])) == ("1997-01-01", "1998-06-30")
    assert (shop.name, shop.currency, shop.zone, shop.synthetic) == (
        "CDNOW",
        "USD",
        "America/New_York",
        False,
    )


def test_bringing_it_in_again_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = cdnow.import_cdnow(home).shop.fingerprint
    assert cdnow.import_cdnow(home).shop.fingerprint == first
    catalog = Catalog(home)
    assert [d.kind for d in catalog.data_sets()] == ["cdnow"]
    assert len(catalog.snapshots(cdnow.data_set(home).id)) == 1
