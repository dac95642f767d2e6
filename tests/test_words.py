"""What people read: figures, amounts and dates as they are written, and the pseudo-locale."""

from __future__ import annotations

import datetime as dt
from math import inf, nan
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

import navigation
import words
from data import formats
from models.estimate import Estimate, missing, share


@pytest.fixture(autouse=True)
def _english():
    words.use("en")
    yield
    words.use("en")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (words.count(23570), "23,570"),
        (words.number(4.4136, 2), "4.41"),
        (words.number(12.9, 2), "12.9"),
        (words.number(12.9, 2, fixed=True), "12.90"),
        (words.percent(0.45863), "45.9%"),
        (words.percent(0.45863, 0), "46%"),
        (words.money(61.2, "USD"), "$61.20"),
        (words.money(14900, "GBP"), "£14,900"),
        (words.money(14900, "GBP", fixed=True), "£14,900.00"),
        (words.money(14900.4, "JPY", fixed=True), "¥14,900"),
        (words.money(-12.5, "EUR"), "-€12.50"),
        (words.currency_sign("GBP"), "£"),
        (words.currency_sign("THB"), "THB"),
        (words.money(284332.3, "THB", 2), "THB 284,332.30"),
        (words.money(1200, "JPY"), "¥1,200"),
        (words.money(12.5), "12.50"),
        (words.compact_money(2_500_315.63, "USD"), "$2.5M"),
        (words.day(dt.date(1998, 6, 30)), "30 Jun 1998"),
        (words.span(dt.date(1997, 1, 1), dt.date(1998, 6, 30)), "1 Jan 1997 – 30 Jun 1998"),
        (words.listing(["a", "b", "c"]), "a, b, and c"),
        (words.plural("{n} customer", "{n} customers", 1), "1 customer"),
        (words.plural("{n} customer", "{n} customers", 2000), "2,000 customers"),
    ],
)
def test_figures_are_written_as_people_write_them(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("browser", "order"),
    [
        ("en-US", "MM/DD/YYYY"),
        ("en-GB", "DD/MM/YYYY"),
        ("de", "DD.MM.YYYY"),
        ("de-AT", "DD.MM.YYYY"),
        ("nl", "DD-MM-YYYY"),
        ("sv-SE", "YYYY-MM-DD"),
        ("ja", "YYYY/MM/DD"),
        ("ko", "YYYY.MM.DD"),
        ("tlh", "YYYY-MM-DD"),
        ("@", "YYYY-MM-DD"),
        (None, "YYYY-MM-DD"),
    ],
)
def test_days_are_typed_as_the_reader_is_used_to(browser: str | None, order: str) -> None:
    assert words.date_order(browser) == order


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_what_is_not_a_number_is_a_dash_never_nan(bad: float) -> None:
    assert {words.number(bad), words.percent(bad), words.money(bad, "USD"), words.compact_money(bad)} == {"–"}


def test_an_estimate_is_written_with_its_interval() -> None:
    # 10,810 of CDNOW's 23,570 customers bought again within twelve months.
    assert words.estimate(share(10810, 23570)) == "45.9% (45.3%–46.4%)"


def test_an_estimate_that_cannot_be_known_says_why() -> None:
    unknown = missing("The shop is younger than a year.")
    assert words.estimate(unknown) == "The shop is younger than a year."
    assert words.value(unknown) == "–"
    assert words.interval(unknown) == "–"


def test_an_open_interval_is_called_unbounded() -> None:
    assert words.interval(Estimate(3.0, 1.0, inf, 12, unit="ratio")) == "unbounded"


def test_the_pseudo_locale_brackets_texts_and_figures() -> None:
    words.use(words.PSEUDO)
    assert words.text("Average order of {name}", name="Ann") == "⟦Average order of Ann⟧"
    assert words.count(1000) == "⟦1,000⟧"
    assert words.plural("{n} day", "{n} days", 2) == "⟦⟦2⟧ days⟧"


def test_a_language_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="'tlh'"):
        words.use("tlh")


def test_gettext_finds_every_message_that_stands_in_a_list() -> None:
    root = Path(words.__file__).parent
    folders = ("charts", "data", "models", "pages")
    sources = [p for folder in folders for p in (root / folder).rglob("*.py")] + list(root.glob("*.py"))
    found: set[str] = set()
    for source in sources:
        for _, messages, _, _ in extract_from_file("python", source, keywords=words.KEYWORDS):
            found.update([messages] if isinstance(messages, str) else messages)
    shown = {m for p in navigation.PAGES for m in (p.title, p.group, p.promise, p.upload)}
    shown |= {m for f in formats.registry().values() for m in (f.title, f.refusal, *f.notes)}
    assert shown - {""} <= found
