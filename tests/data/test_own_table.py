"""A table of one's own comes out as it went in, as text, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data import own_table
from data.faults import FileProblem
from data.own_table import TooLarge, read_table


def test_telco_comes_out_as_pandas_reads_it(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "telco" / "Telco-Customer-Churn.csv"
    found, warnings = read_table(source.read_bytes(), "telco.csv", tmp_path)
    expected = pd.read_csv(source, dtype=str)
    assert found.columns.tolist() == expected.columns.tolist()
    assert len(found) == 7043
    assert found["customerID"].tolist() == expected["customerID"].tolist()
    assert found["Churn"].value_counts().to_dict() == {"No": 5174, "Yes": 1869}
    assert warnings == ()
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_a_path_leads_nowhere(tmp_path: Path) -> None:
    found, _ = read_table(b"a;b\n1;x\n2;y\n", "../../escaped.csv", tmp_path / "room")
    assert found.values.tolist() == [["1", "x"], ["2", "y"]]
    assert not list(tmp_path.rglob("escaped*"))


def test_what_is_no_table_or_too_large_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(FileProblem):
        read_table(b"", "empty.csv", tmp_path)
    monkeypatch.setattr(own_table, "MOST_ROWS", 1)
    with pytest.raises(TooLarge, match="2 rows and 2 columns; at most 1 rows"):
        read_table(b"a,b\n1,x\n2,y\n", "t.csv", tmp_path)
