"""Customers, spend and surveys go the same road: what cannot be read is set aside by name, money balances."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import ingest
from data.mapping import MappingProblem, Undecided


@pytest.fixture
def check(road: Any, tmp_path: Path) -> Any:
    """A function (table, text, **changes of the mapping) -> (draft, rows of the table)."""

    def checked(table: str, text: str, **changes: Any) -> tuple[Any, list[dict[str, Any]]]:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        staged = road.stage(path, tmp_path / "staged")
        mapping = ingest.guess(staged, table).but(**changes)
        draft = ingest.check(staged, mapping, tmp_path / "draft", run=road.run)
        asked = duckdb.sql(f"FROM read_parquet('{tmp_path}/draft/{table}.parquet')")
        return draft, [dict(zip(asked.columns, row, strict=True)) for row in asked.fetchall()]

    return checked


def ends(draft: Any) -> dict[str, tuple[int, Decimal | None]]:
    """code ("" for accepted) -> (records, money)."""
    return {
        row.code: (int(row.rows), None if row.money is None or row.money != row.money else row.money)
        for row in draft.ledger.itertuples()
    }


def test_spend_is_set_aside_by_name_and_its_money_balances(check: Any) -> None:
    draft, rows = check(
        "spend",
        'date,channel,cost\n2024-01-01,ads,"1,200.50"\n1900-01-01,ads,5\n2999-01-01,ads,6\n2024-01-01,ads,abc\n'
        "2024-01-01,ads,1e308\n,ads,7\n2024-01-02,ads,5000000000000\n2024-01-03,ads,-\n",
        columns={"starts_on": "date", "channel": "channel", "amount": "cost"},
    )
    assert ends(draft) == {
        "": (1, Decimal("1200.5")),
        "time_out_of_range": (2, Decimal(11)),
        "no_time": (1, Decimal(7)),
        "bad_amount": (1, None),
        "amount_out_of_range": (2, None),
        "no_amount": (1, None),
    }
    assert [(r["starts_on"], r["ends_on"], r["kind"]) for r in rows] == [
        (dt.date(2024, 1, 1),) * 2 + ("media",)
    ]


@pytest.mark.parametrize(
    ("header", "last"),
    [("Month", dt.date(2024, 2, 29)), ("week", dt.date(2024, 2, 7)), ("date", dt.date(2024, 2, 1))],
)
def test_a_period_without_its_end_lasts_as_long_as_its_header_says(
    check: Any, header: str, last: dt.date
) -> None:
    _, (row,) = check("spend", f"{header},cost\n2024-02-01,10\n")
    assert row["ends_on"] == last


def test_spend_in_two_currencies_is_asked_about_and_turned_over_at_a_rate(check: Any) -> None:
    text = "date,cost,currency\n2024-01-01,10,USD\n2024-01-02,10,EUR\n2024-01-03,10,GBP\n"
    with pytest.raises(Undecided) as asked:
        check("spend", text)
    assert asked.value.question == "currency"
    draft, rows = check("spend", text, currency="USD", rates={"EUR": "1.1"})
    assert [(r["amount"], r["currency"]) for r in rows] == [(Decimal(10), "USD"), (Decimal(11), "USD")]
    assert ends(draft) == {"": (2, Decimal(21)), "other_currency": (1, Decimal(10))}


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "one"])
def test_a_rate_that_is_no_price_is_refused(check: Any, rate: str) -> None:
    text = "date,cost,currency\n2024-01-01,10,USD\n2024-01-02,10,EUR\n"
    with pytest.raises(MappingProblem, match="exchange rate"):
        check("spend", text, currency="USD", rates={"EUR": rate})


def test_answers_without_a_time_or_a_score_are_set_aside(check: Any) -> None:
    draft, rows = check(
        "surveys",
        "date,email,score,comment\n2024-01-01,A@x.com,9,=1+1\n2999-01-01,a@x.com,9,\n2024-01-01,,nan,\n2024-01-01,,abc,\n",
        columns={"answered_at": "date", "email": "email", "score": "score", "comment": "comment"},
    )
    assert {code: n for code, (n, _) in ends(draft).items()} == {
        "": 1, "time_out_of_range": 1, "no_score": 1, "bad_score": 1,
    }  # fmt: skip
    assert [(r["customer"], r["score"], r["scale"], r["comment"]) for r in rows] == [
        ("a@x.com", 9, "0-10", "=1+1")
    ]


def test_a_customer_has_one_row_and_the_last_record_is_it(check: Any) -> None:
    draft, rows = check("customers", "id,email,name\n1,a@x.com,Ann\n,B@x.com,Bob\n,,Nobody\n1,a@x.com,Anne\n")
    assert {r["customer"]: r["name"] for r in rows} == {"1": "Anne", "b@x.com": "Bob"}
    assert {code: n for code, (n, _) in ends(draft).items()} == {"": 2, "nobody": 1, "repeated": 1}


def test_a_record_set_aside_says_where_it_stood(check: Any, tmp_path: Path) -> None:
    check("spend", "date,cost\n2024-01-01,1\n2024-01-02,abc\n2024-01-03\n2024-01-04,4\n")
    found = duckdb.sql(
        f"SELECT record, code, \"column\", value, text FROM read_parquet('{tmp_path}/draft/set_aside.parquet')"
    ).fetchall()
    assert found == [
        (2, "bad_amount", "cost", "abc", "2024-01-02,abc"),
        (3, "broken_row", None, None, "2024-01-03"),
    ]
