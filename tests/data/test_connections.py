"""A locked connection touches its own folders and nothing else; a cursor serves one script run."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import ibis
import pytest

from data import connections


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    duckdb.sql("SELECT 1 AS a, 2.50::DECIMAL(18,4) AS b").write_parquet(str(folder / "t.parquet"))
    (tmp_path / "outside.csv").write_text("secret\n1\n")
    return folder


def test_a_cursor_reads_parquet_within_the_home_through_ibis(home: Path) -> None:
    table = connections.cursor(home).read_parquet(home / "t.parquet")
    assert table.to_pyarrow().to_pylist() == [{"a": 1, "b": 2.5}]


def test_memtables_work_over_a_locked_cursor(home: Path) -> None:
    backend = connections.cursor(home)
    table = backend.read_parquet(home / "t.parquet").join(ibis.memtable({"a": [1, 1, 2]}), "a")
    assert backend.execute(table.count()) == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM read_text('{home}/../outside.csv')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
        "COPY (SELECT 1) TO '{outside}.new'",
        "ATTACH '{outside}.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
    ],
)
def test_nothing_outside_the_home_can_be_reached(home: Path, sql: str) -> None:
    cursor = connections.cursor(home)
    with pytest.raises(duckdb.Error):
        cursor.con.execute(sql.format(home=home, outside=home.parent / "outside.csv"))


def test_a_link_out_of_the_home_is_not_a_way_out(home: Path) -> None:
    (home / "link.csv").symlink_to(home.parent / "outside.csv")
    with pytest.raises(duckdb.PermissionException):
        connections.cursor(home).con.execute("SELECT count(*) FROM read_csv(?)", [str(home / "link.csv")])


def test_times_are_read_as_utc(home: Path) -> None:
    zone = connections.cursor(home).con.execute("SELECT current_setting('TimeZone')").fetchone()
    assert zone == ("UTC",)


def test_python_variables_are_not_tables(home: Path) -> None:
    leak = ibis.memtable({"a": [1]}).to_pyarrow()
    assert leak.num_rows == 1
    with pytest.raises(duckdb.CatalogException):
        connections.cursor(home).con.execute("SELECT * FROM leak")


def test_cursors_of_many_threads_answer_at_once(home: Path) -> None:
    def ask(n: int) -> int:
        table = connections.cursor(home).read_parquet(home / "t.parquet")
        return int(table.mutate(c=table.a + n).c.sum().to_pyarrow().as_py())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(64))) == [n + 1 for n in range(64)]


def test_one_database_a_home_and_never_more_than_the_bound(tmp_path: Path) -> None:
    assert connections.base(tmp_path) is connections.base(tmp_path)
    for n in range(connections.MOST_BASES + 3):
        connections.base(tmp_path / str(n))
    assert len(connections._bases) <= connections.MOST_BASES


def test_a_cursor_outlives_its_base_being_dropped(home: Path, tmp_path: Path) -> None:
    cursor = connections.cursor(home)
    for n in range(connections.MOST_BASES + 1):
        connections.base(tmp_path / f"other{n}")
    assert cursor.read_parquet(home / "t.parquet").count().to_pyarrow().as_py() == 1


def test_run_fetches_where_asked_and_stays_in_its_folders(home: Path) -> None:
    answers = connections.run(
        home,
        [
            (f"COPY (SELECT 7 AS n) TO '{home}/n.parquet'", False, "writing"),
            (f"SELECT n FROM read_parquet('{home}/n.parquet')", True, "reading"),
        ],
    )
    assert answers == [None, [(7,)]]
    with pytest.raises(duckdb.Error):
        connections.run(home, [(f"SELECT * FROM read_csv('{home.parent}/outside.csv')", True, "")])


def test_the_memory_limit_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDFAST_MEMORY", "256MiB")
    con = connections.locked([tmp_path])
    assert con.execute("SELECT current_setting('memory_limit')").fetchone() == ("256.0 MiB",)
    con.close()


def test_what_a_killed_process_spilled_is_removed_by_the_next(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from data import connections; connections.base(sys.argv[1]);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = (f for f in (tmp_path / "spill").iterdir() if f.is_dir())
    connections.base(tmp_path)
    (mine,) = (f for f in (tmp_path / "spill").iterdir() if f.is_dir())
    assert mine != left
