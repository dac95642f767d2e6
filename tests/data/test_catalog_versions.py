"""A catalogue of version 1 is led over: everything in it stays, and it then is as one made today."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from data.catalog import Catalog
from data.contacts import Contacts

ROOT = Path(__file__).parents[2]

# As the first version of Holdfast made it.
VERSION_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE data_sets (id INTEGER NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
 currency TEXT NOT NULL, zone TEXT NOT NULL, created_at DATETIME NOT NULL, deleted_at DATETIME, PRIMARY KEY (id));
CREATE TABLE mappings (tenant TEXT NOT NULL, header TEXT NOT NULL, mapping TEXT NOT NULL, used_at DATETIME NOT NULL,
 PRIMARY KEY (tenant, header));
CREATE TABLE people (id INTEGER NOT NULL, tenant TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
 role TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (tenant, email));
CREATE TABLE answers (data_set INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
 answered_at DATETIME NOT NULL, PRIMARY KEY (data_set, question), FOREIGN KEY(data_set) REFERENCES data_sets (id));
CREATE TABLE definitions (data_set INTEGER NOT NULL, json TEXT NOT NULL, saved_at DATETIME NOT NULL,
 PRIMARY KEY (data_set), FOREIGN KEY(data_set) REFERENCES data_sets (id));
CREATE TABLE saved_views (id INTEGER NOT NULL, data_set INTEGER NOT NULL, name TEXT NOT NULL, page TEXT NOT NULL,
 address TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (data_set, name), FOREIGN KEY(data_set) REFERENCES data_sets (id));
CREATE TABLE snapshots (id INTEGER NOT NULL, data_set INTEGER NOT NULL, fingerprint TEXT NOT NULL, previous TEXT,
 kept_at DATETIME NOT NULL, summary TEXT NOT NULL, PRIMARY KEY (id), FOREIGN KEY(data_set) REFERENCES data_sets (id));
CREATE TABLE files (id INTEGER NOT NULL, snapshot INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
 bytes BIGINT, mapping TEXT NOT NULL, PRIMARY KEY (id), FOREIGN KEY(snapshot) REFERENCES snapshots (id));
INSERT INTO schema_version VALUES (1);
INSERT INTO data_sets VALUES (7, 'local', 'Old shop', 'orders', 'EUR', 'UTC', '2025-01-01 00:00:00.000000', NULL);
INSERT INTO snapshots VALUES (3, 7, 'abc', NULL, '2025-01-01 00:00:00.000000', '{"orders": 5}');
INSERT INTO answers VALUES (7, 'margin', '0.4', '2025-01-01 00:00:00.000000');
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    home = tmp_path / "old"
    home.mkdir()
    con = sqlite3.connect(home / "catalog.sqlite")
    con.executescript(VERSION_1)
    con.close()
    return home


def shape(home: Path) -> dict[str, list[tuple]]:
    """Each table's columns, as the database knows them."""
    con = sqlite3.connect(home / "catalog.sqlite")
    names = [n for (n,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {name: con.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
    con.close()
    return found


def test_version_1_is_led_over_and_keeps_what_it_held(old: Path) -> None:
    catalog = Catalog(old)
    assert [d.name for d in catalog.data_sets()] == ["Old shop"]
    assert catalog.snapshots(7)[0].summary == {"orders": 5}
    assert catalog.answers(7) == {"margin": "0.4"}
    assert Contacts(catalog, 7).lists() == []
    con = sqlite3.connect(old / "catalog.sqlite")
    assert con.execute("SELECT version FROM schema_version").fetchall() == [(2,)]
    con.close()


def test_it_then_is_as_one_made_today(old: Path, tmp_path: Path) -> None:
    Catalog(old)
    Catalog(tmp_path / "new")
    assert shape(old) == shape(tmp_path / "new")


def test_processes_that_lead_over_together_do_it_once(old: Path) -> None:
    program = "import sys; from data.catalog import Catalog; print(Catalog(sys.argv[1]).data_sets()[0].name)"
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(old)], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [p.communicate(timeout=60)[0].strip() for p in started] == [b"Old shop"] * 4
    con = sqlite3.connect(old / "catalog.sqlite")
    assert con.execute("SELECT version FROM schema_version").fetchall() == [(2,)]
    con.close()
