"""Amounts as people write them; expectations are what a bookkeeper of that country would read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import values
from data.mapping import Undecided
from data.values import NumberFacts, decide_decimal


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for macro in values.MACROS:
            connection.execute(macro)
        yield connection


def facts_of(con: duckdb.DuckDBPyConnection, column: list[str | None]) -> NumberFacts:
    con.execute("CREATE OR REPLACE TEMP TABLE cells (c_x VARCHAR)")
    con.execute("INSERT INTO cells SELECT unnest(?::VARCHAR[])", [column])
    asked, quick = ", ".join(values.number_facts("c_x")), values.quick_name("c_x")
    row = con.execute(
        f"SELECT {asked} FROM (SELECT *, hf_number_kind(c_x, {quick}) AS {values.kind_name('c_x')}"
        f" FROM (SELECT *, try_cast(c_x AS {values.MONEY}) AS {quick} FROM cells))"
    ).fetchone()
    return NumberFacts(*(row or ()))


def read(
    con: duckdb.DuckDBPyConnection, column: list[str | None], told: str | None = None
) -> list[Decimal | None]:
    """A whole column, read as an import reads it."""
    facts = facts_of(con, column)
    point = decide_decimal("x", facts, [facts], told=told, typed=False)
    return [v for (v,) in con.execute(f"SELECT {values.amount('c_x', facts, point)} FROM cells").fetchall()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,234.50", "1234.50"), ("1 234,50", "1234.50"), ("1\u00a0234,50", "1234.50"), ("1\u202f234,50", "1234.50"),
        ("1.234,50", "1234.50"), ("1'234.50", "1234.50"), ("1’234.50", "1234.50"), ("1,23,456.00", "123456"),
        ("1,234,567", "1234567"), ("1.234.567,89", "1234567.89"), ("1234", "1234"), ("1234,5", "1234.5"),
        ("£12", "12"), ("$1,240.00", "1240"), ("12.00 €", "12"), ("USD 12.00", "12"), ("12,50 zł", "12.50"),
        ("R$ 1.234,56", "1234.56"), ("A$12", "12"), ("Rs. 500", "500"), ("1200 грн.", "1200"), ("CHF 1'200.00", "1200"),
        ("(12.00)", "-12"), ("(£12.00)", "-12"), ("£(12.00)", "-12"), ("-£12", "-12"), ("£-12", "-12"), ("12.00-", "-12"),
        ("−12.50", "-12.50"), ("+5", "5"), ("0.125", "0.125"), ("0,125", "0.125"), (".5", "0.5"), (",5", "0.5"), (" 12 ", "12"),
        ("1e3", "1000"),
    ],
)  # fmt: skip
def test_a_number_with_one_reading_is_read_so(
    con: duckdb.DuckDBPyConnection, written: str, meant: str
) -> None:
    assert read(con, [written]) == [Decimal(meant)]


@pytest.mark.parametrize(
    "written", ["-", "–", "", "abc", "12abc", "12.3.4", "1,2,3", "2019-05-03", "1-2", "12 34", "12%", "$", "1e308", "nan", "inf",
                "=1+1", "<b>12</b>", "99999999999999999999"]
)  # fmt: skip
def test_what_is_not_a_number_is_not_read(con: duckdb.DuckDBPyConnection, written: str) -> None:
    assert read(con, [written]) == [None]


@pytest.mark.parametrize("open_value", ["1,234", "1.234", "£999,000", "(12.345)"])
def test_a_column_that_can_be_read_both_ways_is_asked_about(
    con: duckdb.DuckDBPyConnection, open_value: str
) -> None:
    with pytest.raises(Undecided, match="point or a comma") as asked:
        read(con, ["7", open_value, "250"])
    assert asked.value.question == "decimal"
    assert asked.value.options == (".", ",")


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        (["1,234", "12.50"], ["1234", "12.50"]),
        (["1,234", "12,50"], ["1.234", "12.50"]),
        (["1.234", "12,50"], ["1234", "12.50"]),
        (["1.234", "12.5"], ["1.234", "12.5"]),
        (["1.234", "1.234.567"], ["1234", "1234567"]),
        (["1,234", None, "1,234.00"], ["1234", None, "1234"]),
    ],
)
def test_the_rest_of_the_column_settles_it(
    con: duckdb.DuckDBPyConnection, column: list[str | None], meant: list[str | None]
) -> None:
    assert read(con, column) == [m if m is None else Decimal(m) for m in meant]


def test_an_answer_settles_it(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, ["1,234", "2.345"], told=".") == [Decimal(1234), Decimal("2.345")]
    assert read(con, ["1,234", "2.345"], told=",") == [Decimal("1.234"), Decimal(2345)]


def test_evidence_for_both_signs_is_asked_about_unless_one_is_a_rare_slip(
    con: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(Undecided):
        read(con, ["1,234", "12.50", "12,50"])
    found = read(con, ["1,234", "12,50", *["12.50"] * 99])
    assert found[:2] == [Decimal(1234), Decimal("12.50")]


def test_other_amounts_of_the_file_are_evidence_and_typed_cells_have_a_point() -> None:
    open_column = NumberFacts(values=1, either_comma=1, example="1,234")
    assert not decide_decimal("x", open_column, [NumberFacts(values=9, comma=9)], told=None, typed=False)
    typed = NumberFacts(values=1, plain=1, either_point=1, example="1.234")
    assert decide_decimal("x", typed, [typed], told=None, typed=True)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("£12", "GBP"), ("12.00 €", "EUR"), ("$5", "USD"), ("US$5", "USD"), ("A$5", "AUD"), ("R$ 5", "BRL"), ("USD 12.00", "USD"),
        ("12.00 EUR", "EUR"), ("(12.00 EUR)", "EUR"), ("12,50 zł", "PLN"), ("12.00", None), ("$", None), ("Left", None), ("abc", None),
    ],
)  # fmt: skip
def test_a_number_may_carry_its_currency(
    con: duckdb.DuckDBPyConnection, written: str, code: str | None
) -> None:
    assert con.execute("SELECT hf_symbol(?)", [written]).fetchone() == (code,)


WAYS = {
    "plain": lambda w, f: f"{w}.{f:02}",
    "english": lambda w, f: f"{w:,}.{f:02}",
    "german": lambda w, f: f"{w:,}".replace(",", ".") + f",{f:02}",
    "french": lambda w, f: f"{w:,}".replace(",", "\u202f") + f",{f:02}",
    "swiss": lambda w, f: f"{w:,}".replace(",", "’") + f".{f:02}",
}
AROUND = ("{}", "${}", "{} €", "USD {}", "{} EUR", " {} ")


@settings(max_examples=60, deadline=None)
@given(
    way=st.sampled_from(sorted(WAYS)),
    around=st.sampled_from(AROUND),
    negative=st.sampled_from(["", "-{}", "({})", "−{}"]),
    amounts=st.lists(st.tuples(st.integers(0, 99_999_999), st.integers(0, 99)), min_size=1, max_size=8),
)
def test_whatever_is_written_in_one_way_is_read_back(
    con: duckdb.DuckDBPyConnection, way: str, around: str, negative: str, amounts: list[tuple[int, int]]
) -> None:
    column: list[str | None] = [
        (negative or "{}").format(around.strip().format(WAYS[way](w, f))) for w, f in amounts
    ]
    sign = -1 if negative else 1
    assert read(con, column) == [sign * (Decimal(w) + Decimal(f) / 100) for w, f in amounts]
