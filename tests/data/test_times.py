"""Times as exports write them; expectations are the moments that a reader of that country would name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import times, values
from data.mapping import Undecided
from data.times import TimeFacts, decide_day_first, time_sql

Moment = dt.datetime | None


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for macro in (*values.MACROS, *times.MACROS):
            connection.execute(macro)
        yield connection


def read(
    con: duckdb.DuckDBPyConnection, column: list[str | None], told: bool | None = None, utc: bool = False
) -> list[tuple[Moment, Moment]]:
    """A whole column as an import reads it: (the clock's time, the moment in UTC) of each value."""
    con.execute("CREATE OR REPLACE TEMP TABLE cells (c_x VARCHAR)")
    con.execute("INSERT INTO cells SELECT unnest(?::VARCHAR[])", [column])
    asked = ", ".join(times.time_facts("c_x"))
    row = con.execute(
        f"SELECT {asked} FROM (SELECT *, hf_time_kind(c_x) AS {times.kind_name('c_x')} FROM cells)"
    ).fetchone()
    facts = TimeFacts(*(row or ()))
    sql = time_sql("c_x", facts, decide_day_first("x", facts, told=told), column, utc=utc)
    return con.execute(
        f"SELECT {sql.wall}::TIMESTAMP, timezone('UTC', ({sql.moment})::TIMESTAMPTZ) FROM cells"
    ).fetchall()


def at(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("2019-05-03", at(2019, 5, 3)), ("2019-5-3", at(2019, 5, 3)), ("2019/05/03", at(2019, 5, 3)), ("2019.05.03", at(2019, 5, 3)),
        ("2019-05-03 14:02", at(2019, 5, 3, 14, 2)), ("2024-06-07 02:38:54", at(2024, 6, 7, 2, 38, 54)),
        ("2019-05-03T14:02:11.5", at(2019, 5, 3, 14, 2, 11, 500_000)), ("2019.5.3 14:02:11,5", at(2019, 5, 3, 14, 2, 11, 500_000)),
        ("2019-05-03 2:02:11 PM", at(2019, 5, 3, 14, 2, 11)), ("19970101", at(1997, 1, 1)),
        ("43588", at(2019, 5, 3)), ("43588.75", at(2019, 5, 3, 18)),
        ("25/12/2019", at(2019, 12, 25)), ("12/25/2019", at(2019, 12, 25)), ("25.12.19", at(2019, 12, 25)), ("25-12-2019", at(2019, 12, 25)),
        ("25.12.2019, 10:30:05", at(2019, 12, 25, 10, 30, 5)), ("12/25/2019 2:05 PM", at(2019, 12, 25, 14, 5)),
        ("12/25/2019 12:05:07 am", at(2019, 12, 25, 0, 5, 7)), ("25/12/2019T10:20:30", at(2019, 12, 25, 10, 20, 30)),
        ("05/05/2019", at(2019, 5, 5)),
        ("May 3, 2019", at(2019, 5, 3)), ("3 May 2019", at(2019, 5, 3)), ("3-May-19", at(2019, 5, 3)), ("Mar 25th 2024", at(2024, 3, 25)),
        ("September 3, 2019 2:02 PM", at(2019, 9, 3, 14, 2)),
    ],
)  # fmt: skip
def test_a_time_without_a_zone_is_a_clocks(
    con: duckdb.DuckDBPyConnection, written: str, clock: dt.datetime
) -> None:
    assert read(con, [written]) == [(clock, None)]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2019-05-03 14:02:11 -0400", at(2019, 5, 3, 18, 2, 11)), ("2019-05-03T14:02:11Z", at(2019, 5, 3, 14, 2, 11)),
        ("2019-05-03 14:02:11 UTC", at(2019, 5, 3, 14, 2, 11)), ("2019-05-03T14:02:11.5+02:00", at(2019, 5, 3, 12, 2, 11, 500_000)),
        ("2019-05-03T14:02:11+0200", at(2019, 5, 3, 12, 2, 11)), ("2019-05-03 14:02+02", at(2019, 5, 3, 12, 2)),
        ("2019-05-03 14:02:11+05:30", at(2019, 5, 3, 8, 32, 11)), ("1556892131", at(2019, 5, 3, 14, 2, 11)),
        ("1556892131000", at(2019, 5, 3, 14, 2, 11)),
    ],
)  # fmt: skip
def test_a_time_with_its_zone_is_a_moment(
    con: duckdb.DuckDBPyConnection, written: str, moment: dt.datetime
) -> None:
    assert read(con, [written]) == [(None, moment)]


def test_a_header_may_say_that_clocks_are_utc(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, ["2024-06-07 02:38:54"], utc=True) == [(None, at(2024, 6, 7, 2, 38, 54))]


@pytest.mark.parametrize(
    "written", ["", "yesterday", "14:00", "infinity", "epoch", "2019-13-01", "2019-02-30", "30/02/2019", "31/31/2019", "1/2", "12345678",
                "2019-05-03 14:02:11 Nowhere", "=NOW()", "2019-05-03 14:02:11 PM5"]
)  # fmt: skip
def test_what_is_not_a_time_is_not_read(con: duckdb.DuckDBPyConnection, written: str) -> None:
    assert read(con, [written]) == [(None, None)]


def test_one_day_beyond_twelve_settles_the_column(con: duckdb.DuckDBPyConnection) -> None:
    """3 April or 4 March: the other value says which."""
    assert read(con, ["03/04/2019", "13/04/2019"])[0] == (at(2019, 4, 3), None)
    assert read(con, ["03/04/2019", "04/13/2019"])[0] == (at(2019, 3, 4), None)


@pytest.mark.parametrize("column", [["03/04/2019", "05/05/2019"], ["1.2.24"], ["13/04/2019", "04/13/2019"]])
def test_what_the_column_leaves_open_is_asked_and_never_guessed(
    con: duckdb.DuckDBPyConnection, column: list[str | None]
) -> None:
    with pytest.raises(Undecided) as asked:
        read(con, column)
    assert asked.value.question == "day_first"
    assert asked.value.options == (True, False)
    assert read(con, column, told=True) != read(con, column, told=False)


def test_an_answer_sets_aside_what_does_not_fit_it(con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, ["13/04/2019", "04/13/2019"], told=True) == [(at(2019, 4, 13), None), (None, None)]


def test_ways_of_writing_may_be_mixed_in_a_column(con: duckdb.DuckDBPyConnection) -> None:
    found = read(con, ["2019-05-03", "03.05.2019", "25.05.2019", "43588", "1556892131", None])
    assert [clock or moment for clock, moment in found] == [
        at(2019, 5, 3), at(2019, 5, 3), at(2019, 5, 25), at(2019, 5, 3), at(2019, 5, 3, 14, 2, 11), None,
    ]  # fmt: skip


LAYOUTS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d-%m-%y",
    "%b %d, %Y", "%d %B %Y %H:%M", "%Y%m%d",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    layout=st.sampled_from(LAYOUTS),
    moments=st.lists(
        st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 12, 31)).map(
            lambda m: m.replace(microsecond=0)
        ),
        max_size=8,
    ),
)
def test_whatever_is_written_in_one_way_is_read_back(
    con: duckdb.DuckDBPyConnection, layout: str, moments: list[dt.datetime]
) -> None:
    """A 25th of the month among them, so that nothing is open."""
    written = [m.strftime(layout) for m in [dt.datetime(2020, 2, 25, 13, 30), *moments]]
    meant = [(dt.datetime.strptime(w, layout), None) for w in written]
    assert read(con, list(written)) == meant
