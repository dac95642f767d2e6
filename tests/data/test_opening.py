"""The child process: isolated, limited, cancelled at any moment, and gone when it is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from data import child
from data.opening import Cancelled, FileProblem, Limits, run, stage

ORDERS = "Name,Total\n#1,10.00\n#2,12.50\n"


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def test_stage_and_run(orders, tmp_path):
    staged = stage(orders, tmp_path / "staged")
    results = run(
        tmp_path / "draft",
        [
            ('CREATE TEMP TABLE t AS SELECT record, "Total"::DECIMAL(18,4) AS total FROM raw', False, "one"),
            ("SELECT sum(total), max(record), DATE '2024-01-02', count(*) FROM t", True, "two"),
            ("SELECT count(*) FROM rejects", True, "three"),
            (f"COPY t TO '{tmp_path}/draft/t.parquet'", False, "four"),
        ],
        also=[staged.folder],
    )
    assert results == [None, [["22.5000", 2, "2024-01-02", 2]], [[0]], None]
    assert [p.name for p in (tmp_path / "draft").iterdir()] == ["t.parquet"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM read_csv('{folder}/../orders.csv')",
        "COPY (SELECT 1) TO '{outside}.parquet'",
        "ATTACH '{outside}.db'",
        "SELECT * FROM glob('/*')",
        "SET memory_limit = '8GB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM 'https://example.com/a.csv'",
    ],
)
def test_run_reaches_nothing_outside(orders, tmp_path, sql):
    (tmp_path / "draft").mkdir()
    with pytest.raises(FileProblem):
        run(tmp_path / "draft", [(sql.format(outside=orders, folder=tmp_path / "draft"), True, "")])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["draft", "orders.csv"]


def test_the_child_imports_duckdb_and_little_else():
    *isolated, start = child._command()
    heavy = {"numpy", "pandas", "pyarrow", "ibis", "streamlit", "words", "babel", "python_calamine", "duckdb"}
    start = start.replace(
        "main()",
        f"import data.reader; print(*{heavy} & set(sys.modules), sys.flags.isolated, sys.flags.no_site)",
    )
    said = subprocess.run([*isolated, start], capture_output=True, text=True, check=True, env={}).stdout
    assert said.split() == ["duckdb", "1", "1"]


def test_the_child_gets_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDFAST_SECRET", "hunter2")
    told = "import json, os; print(json.dumps({'done': {'results': dict(os.environ)}}))"
    monkeypatch.setattr(child, "_command", lambda: [sys.executable, "-I", "-c", told])
    assert set(run(tmp_path, [])) <= {"LANG", "LC_CTYPE", "TZ", "PATH"}


def test_time_limit(tmp_path, children):
    started = time.monotonic()
    with pytest.raises(FileProblem, match="after 1 seconds") as problem:
        run(tmp_path, [(SLOW, True, "")], name="orders.csv", limits=Limits(seconds=1))
    assert problem.value.code == "time"
    assert time.monotonic() - started < 5
    assert not children()


def test_memory_limit(tmp_path):
    hungry = "SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(2000)"
    with pytest.raises(FileProblem) as problem:
        run(tmp_path, [(hungry, True, "")], name="orders.csv", limits=Limits(memory_mb=600))
    assert problem.value.code == "memory"
    assert "600 MB" in str(problem.value)


def test_output_limit(tmp_path):
    statement = (
        f"COPY (SELECT hash(i) AS a, hash(i + 1) AS b FROM range(3000000) t(i)) TO '{tmp_path}/a.parquet'"
    )
    with pytest.raises(FileProblem):
        run(tmp_path, [(statement, False, "")], name="orders.csv", limits=Limits(output_mb=5))
    assert all(p.stat().st_size <= 5 << 20 for p in tmp_path.rglob("*"))


SLOW = "SELECT sum(sqrt(a.i * b.i)) FROM range(1000000) a(i), range(1000000) b(i)"


@pytest.fixture
def children() -> Callable[[], set[str]]:
    """Processes that the test has started and that still run: other tests leave some of their own to their worker."""
    others = _running()
    return lambda: _running() - others


def _running() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_cancel_kills_the_child_and_leaves_nothing(tmp_path, children):
    path = tmp_path / "orders.csv"
    with path.open("w") as file:
        file.write("a,b,c\n")
        for _ in range(400):
            file.write("1,2,3\n" * 20_000)
        file.write("broken\n")  # the careful reader takes long enough to be interrupted
    seen: list[float] = []
    started = time.monotonic()
    with pytest.raises(Cancelled):
        stage(
            path,
            tmp_path / "staged",
            progress=lambda f, _: seen.append(f),
            cancelled=lambda: time.monotonic() - started > 1,
        )
    assert time.monotonic() - started < 3
    assert not children()
    assert not (tmp_path / "staged").exists()
    assert seen
    assert all(0 <= fraction <= 1 for fraction in seen)


def test_progress_says_what_is_done(orders, tmp_path):
    said: list[tuple[float, str]] = []
    stage(orders, tmp_path / "staged", progress=lambda fraction, label: said.append((fraction, label)))
    assert "Reading the file" in [label for _, label in said]
    run(tmp_path / "staged", [("SELECT 1", False, "First"), ("SELECT 2", False, "Second")],
        progress=lambda fraction, label: said.append((fraction, label)))  # fmt: skip
    assert said[-2:] == [(0.0, "First"), (0.5, "Second")]


def test_the_child_dies_with_the_dashboard(tmp_path):
    """A dashboard that is killed leaves no reader behind."""
    code = (
        f"import sys; sys.path.insert(0, {str(child.ROOT)!r})\n"
        f"from data.opening import run\nrun({str(tmp_path)!r}, [({SLOW!r}, True, '')])"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as dashboard:
        listed = Path(f"/proc/{dashboard.pid}/task/{dashboard.pid}/children")
        until = time.monotonic() + 20
        while not (found := listed.read_text().split()) and time.monotonic() < until:
            time.sleep(0.05)
        orphan = Path("/proc") / found[0]
        time.sleep(0.5)
        dashboard.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while (
        orphan.exists() and "\nState:\tZ" not in (orphan / "status").read_text() and time.monotonic() < until
    ):
        time.sleep(0.05)
    assert not orphan.exists() or "\nState:\tZ" in (orphan / "status").read_text()


def test_one_child_for_several_requests(orders, tmp_path, children):
    with child.one_child() as one:
        stage(orders, tmp_path / "staged")
        first = one.process
        with child.one_child() as inner:
            assert inner is one
            assert run(tmp_path / "staged", [("SELECT count(*) FROM raw", True, "")]) == [[[2]]]
        assert one.process is first
        with pytest.raises(FileProblem):
            run(tmp_path / "staged", [("SELECT nonsense", True, "")])
        assert not children(), "what went wrong in one request is not carried into the next"
        assert run(tmp_path / "staged", [("SELECT 1", True, "")]) == [[[1]]]
        assert one.process is not first
    assert not children()


def test_a_crash_of_the_child_is_a_sentence(orders, tmp_path, monkeypatch):
    monkeypatch.setattr(child, "_command", lambda: [sys.executable, "-c", "import os; os.abort()"])
    with pytest.raises(FileProblem, match="the program that opens it stopped") as problem:
        stage(orders, tmp_path / "staged")
    assert problem.value.code == "crash"
    assert not (tmp_path / "staged").exists()


def test_a_failed_stage_keeps_what_others_put_in_the_folder(tmp_path):
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "note.txt").write_text("mine")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(FileProblem):
        stage(tmp_path / "empty.csv", tmp_path / "staged")
    assert [p.name for p in (tmp_path / "staged").iterdir()] == ["note.txt"]
