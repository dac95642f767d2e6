"""The shares a page states about an import, against hand arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from data import balance


def ledger(*rows: tuple[str, str, int, str | None, str]) -> pd.DataFrame:
    found = [(d, c, "", n, Decimal(m) if m is not None else None, currency) for d, c, n, m, currency in rows]
    return pd.DataFrame(found, columns=["disposition", "code", "reason", "rows", "money", "currency"])


def test_shares_are_of_everything_that_came_in() -> None:
    found = balance.of(
        ledger(
            ("accepted", "", 990, "9960.00", "EUR"),
            ("set aside", "bad_time", 6, "40.00", "EUR"),
            ("set aside", "no_amount", 4, None, "EUR"),
            ("flagged", "refunded", 100, "500.00", "EUR"),
        )
    )
    assert (found.rows_in, found.rows_accepted, found.rows_set_aside) == (1000, 990, 10)
    assert found.rows_share == pytest.approx(0.99)
    assert found.money_share == pytest.approx(0.996)


def test_amounts_of_two_currencies_are_not_added() -> None:
    found = balance.of(
        ledger(("accepted", "", 5, "50.00", "EUR"), ("set aside", "other_currency", 5, "50.00", "USD"))
    )
    assert found.rows_share == pytest.approx(0.5)
    assert found.money_share is None


def test_a_file_without_readable_money_states_no_share_of_it() -> None:
    assert balance.of(ledger(("set aside", "no_amount", 3, None, ""))).money_share is None


def test_credit_notes_that_outweigh_what_was_set_aside_leave_no_share() -> None:
    found = balance.of(
        ledger(("accepted", "", 5, "100.00", "EUR"), ("set aside", "bad_time", 1, "-20.00", "EUR"))
    )
    assert found.money_share is None


def test_reasons_and_flags_are_counted_over_all_currencies() -> None:
    frame = ledger(
        ("accepted", "", 8, "80.00", "EUR"),
        ("set aside", "bad_time", 2, "1.00", "EUR"),
        ("set aside", "bad_time", 3, "1.00", "USD"),
        ("flagged", "no_customer", 4, "1.00", "EUR"),
        ("flagged", "no_customer", 1, "1.00", "USD"),
    )
    assert balance.aside_by_code(frame) == {"bad_time": 5}
    assert balance.flagged(frame, "no_customer") == 5
    assert balance.flagged(frame, "test") == 0


def grown() -> pd.DataFrame:
    """Two files of five and three records; the second one replaced two records of the first."""
    frame = ledger(
        ("accepted", "", 4, "40.00", "EUR"),
        ("accepted", "", 3, "35.00", "EUR"),
        ("set aside", "no_amount", 1, None, "EUR"),
        ("in the data set", "stands", 2, "15.00", "EUR"),
        ("in the data set", "stands", 3, "35.00", "EUR"),
        ("replaced", "newer", 2, "25.00", "EUR"),
    )
    source = [0, 1, 0, 0, 1, 0]
    return frame.assign(source=source, file=[("may.csv", "june.csv")[n] for n in source])


def test_the_ledger_of_all_files_is_the_sum_of_theirs() -> None:
    told = {(r.disposition, r.code): (r.rows, r.money) for r in balance.lines(grown()).itertuples()}
    assert told == {
        ("accepted", ""): (7, Decimal("75.00")),
        ("set aside", "no_amount"): (1, None),
        ("in the data set", "stands"): (5, Decimal("50.00")),
        ("replaced", "newer"): (2, Decimal("25.00")),
    }
    assert balance.of(balance.lines(grown())).rows_in == balance.of(grown()).rows_in == 8
    assert [balance.of(balance.lines(grown(), n)).rows_in for n in (0, 1)] == [5, 3]


def test_each_file_stands_with_what_became_of_its_records() -> None:
    found = balance.by_file(grown())
    assert list(found.columns) == ["file", "rows_in", "accepted", "set aside", "in the data set", "replaced"]
    assert found.to_numpy().tolist() == [["may.csv", 5, 4, 1, 2, 2], ["june.csv", 3, 3, 0, 3, 0]]
