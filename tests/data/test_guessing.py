"""A file no format knows, in the words of five languages: what its columns are is guessed, the rest is left open."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Any

import pytest

from data.guessing import guess_mapping, number_in, plain_words

VALUES = {
    "order_id": ("1001", "1002", "1003"),
    "ordered_at": ("2024-01-31 10:00", "2024-02-01 09:30", "2024-02-03 12:00"),
    "email": ("ann@example.com", "bo@example.com", "ann@example.com"),
    "total": ("12.00", "7.50", "30.25"),
    "currency": ("EUR", "EUR", "EUR"),
    "country": ("DE", "FR", "UA"),
    "status": ("ok", "ok", "ok"),
}
NAMES = {
    "English": ("Order No.", "Order Date", "Customer E-mail", "Grand Total", "Currency", "Country", "Status"),
    "German": ("Bestellnummer", "Bestelldatum", "E-Mail", "Gesamtbetrag", "Währung", "Land", "Status"),
    "Spanish": (
        "Número de pedido",
        "Fecha",
        "Correo electrónico",
        "Importe total",
        "Moneda",
        "País",
        "Estado",
    ),
    "French": (
        "Numéro de commande",
        "Date de commande",
        "Courriel",
        "Montant total",
        "Devise",
        "Pays",
        "Statut",
    ),
    "Ukrainian": (
        "Номер замовлення",
        "Дата замовлення",
        "Електронна пошта",
        "Сума",
        "Валюта",
        "Країна",
        "Статус",
    ),
    "Russian": ("№ заказа", "Дата заказа", "Почта", "Итого", "Валюта", "Страна", "Статус"),
}


def rows_of(headers: AnyMapping[str, tuple[str, ...]]) -> list[dict[str, str | None]]:
    return [dict(zip(headers, row, strict=True)) for row in zip(*headers.values(), strict=True)]


@pytest.mark.parametrize("language", NAMES)
def test_columns_are_known_by_their_names_in_several_languages(language: str) -> None:
    wanted = dict(zip(VALUES, NAMES[language], strict=True))
    rows = rows_of({wanted[column]: values for column, values in VALUES.items()})
    found = guess_mapping([wanted[c] for c in reversed(wanted)], rows)
    assert (found.columns, found.lines, found.keep) == (wanted, False, None)


@pytest.mark.parametrize("language", ["German", "Russian"])
def test_a_guessed_file_goes_all_the_way(language: str, road: Any, tmp_path: Path) -> None:
    lines = [";".join(NAMES[language]), *(";".join(row) for row in zip(*VALUES.values(), strict=True))]
    path = tmp_path / "shop.csv"
    path.write_text("\n".join(lines), encoding="cp1251" if language == "Russian" else "latin-1")
    draft = road.check(path, tmp_path)
    assert (draft.facts["orders"], draft.facts["customers"], draft.facts["currency"]) == (3, 2, "EUR")
    assert str(draft.ledger["money"].iloc[0]) == "49.7500"


def test_of_two_fitting_columns_the_one_whose_values_look_right_is_taken() -> None:
    rows = rows_of(
        {
            "Date": ("soon", "later"),
            "Created": ("2024-01-01", "2024-01-02"),
            "User": ("1", "2"),
            "Amount": ("1", "2"),
        }
    )
    assert guess_mapping(list(rows[0]), rows).columns == {
        "ordered_at": "Created",
        "customer_id": "User",
        "net": "Amount",
    }


def test_e_mails_and_times_are_known_by_their_values() -> None:
    rows = rows_of(
        {"A": ("ann@example.com", "bo@example.com"), "B": ("2024-01-01", "2024-01-02"), "C": ("5", "6")}
    )
    assert guess_mapping(["A", "B", "C"], rows).columns == {"email": "A", "ordered_at": "B"}


def test_a_bare_number_is_not_taken_for_a_time() -> None:
    rows = rows_of({"X": ("20240101", "20240102")})
    assert guess_mapping(["X"], rows).columns == {}


def test_lines_of_orders_are_known_by_a_number_that_repeats_and_a_price() -> None:
    rows = rows_of({"Order": ("1", "1", "2"), "Customer": ("a", "a", "b"), "Date": ("2024-01-01",) * 3, "Qty": ("1", "2", "1"),
                    "Price": ("5", "6", "7")})  # fmt: skip
    found = guess_mapping(list(rows[0]), rows)
    assert found.lines
    assert found.amount == "price"


ORDER, LINES_DIFFER, TOTALS = (
    ("1", "1", "2", "2", "3", "3"),
    ("5", "7", "1", "2", "3", "4"),
    ("12", "12", "3", "3", "7", "7"),
)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"Product": ("Mug", "Jug") * 3, "Amount": LINES_DIFFER}, (True, False)),
        ({"Product": ("Mug", "Jug") * 3, "Amount": TOTALS}, (True, True)),
        ({"Product": ("Mug", "Jug") * 3, "Total": ("12", None, "3", None, "7", None)}, (True, True)),
        ({"Qty": ("1", "2", "1", "1", "1", "1"), "Price": ("2", "5", "1", "2", "3", "4"), "Total": TOTALS}, (True, True)),
        ({"Qty": ("2",) * 6, "Price": ("6", "6", "1.5", "1.5", "3.5", "3.5"), "Amount": TOTALS}, (True, False)),
        ({"Amount": LINES_DIFFER}, (False, False)),
    ],
)  # fmt: skip
def test_whose_the_amount_is_shows_in_orders_of_several_records(
    more: dict[str, tuple[str | None, ...]], wanted: tuple[bool, bool]
) -> None:
    """Lines of their own amount add up; a total that stands on every line is the order's, and counts once."""
    columns = {
        "Order": ORDER,
        "Customer": ("a", "a", "b", "b", "c", "c"),
        "Date": ("2024-01-01",) * 6,
        **more,
    }
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found = guess_mapping(list(columns), rows)
    assert (found.lines, found.order_amounts) == wanted


def test_a_total_that_stands_on_every_line_counts_once(road: Any, tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        "order,customer,date,product,total\n1,a,2024-01-01,Mug,12\n1,a,2024-01-01,Jug,12\n2,guest,2024-01-02,Mug,5\n"
    )
    draft = road.check(path, tmp_path)
    assert (draft.facts["orders"], draft.facts["customers"], draft.facts["rows_accepted"]) == (2, 1, 3)
    found = {row.code: str(row.money) for row in draft.ledger.itertuples()}
    assert found == {"": "17.0000", "no_customer": "5.0000"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("£1,234.50", 1234.5), ("1.234,50 €", 1234.5), ("12", 12), ("-3.5", -3.5), ("1 234", 1234), ("", None), (None, None), ("x", None)],
)  # fmt: skip
def test_numbers_of_the_first_rows_can_be_compared(written: str | None, meant: float | None) -> None:
    assert number_in(written) == meant


def test_a_net_amount_is_preferred_to_a_total() -> None:
    rows = rows_of({"Total": ("12", "13"), "Net": ("10", "11")})
    assert guess_mapping(["Total", "Net"], rows).amount == "net"


def test_no_header_is_used_twice() -> None:
    rows = rows_of(
        {
            "Customer": ("a", "b"),
            "Client": ("c", "d"),
            "Amount": ("1", "2"),
            "Value": ("3", "4"),
            "Date": ("2024-01-01", "2024-01-02"),
        }
    )
    headers = list(guess_mapping(list(rows[0]), rows).all_headers())
    assert len(headers) == len(set(headers))


@pytest.mark.parametrize(
    ("table", "headers", "wanted"),
    [
        ("spend", {"Week": ("2024-01-01", "2024-01-08"), "Platform": ("search", "social"), "Amount spent": ("10", "20")},
         {"starts_on": "Week", "channel": "Platform", "amount": "Amount spent"}),
        ("surveys", {"Submitted at": ("2024-01-01", "2024-01-08"), "E-mail": ("a@b.co", "c@d.co"), "Rating": ("9", "3"), "Why": ("good", "bad")},
         {"answered_at": "Submitted at", "email": "E-mail", "score": "Rating", "comment": "Why"}),
        ("customers", {"Id": ("1", "2"), "E-mail": ("a@b.co", "c@d.co"), "Tags": ("vip", "")},
         {"customer_id": "Id", "email": "E-mail", "tags": "Tags"}),
    ],
)  # fmt: skip
def test_other_tables_have_names_of_their_own(
    table: str, headers: dict[str, tuple[str, ...]], wanted: dict[str, str]
) -> None:
    found = guess_mapping(list(headers), rows_of(headers), table)
    assert (found.table, found.columns) == (table, wanted)


@pytest.mark.parametrize(
    ("header", "words"),
    [("Order_No.", "order no"), ("OrderDate", "order date"), ("Währung", "wahrung"), ("Йогурт її", "йогурт її"), ("\ufeff Total ", "total"),
     ("№ заказа", "no заказа")],
)  # fmt: skip
def test_headers_in_plain_words(header: str, words: str) -> None:
    assert plain_words(header) == words
