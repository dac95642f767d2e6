"""Every text, number, amount and date that a person reads: gettext and Babel, nowhere else.

English is the source language: `text("Average order")` looks the message up in `locale/` and returns the
English one where no translation exists. The pseudo-locale `en_XA` brackets every message and every
figure, so that a test can find what did not come through here.
"""

from __future__ import annotations

import datetime as dt
import gettext
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import (
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)

from models.estimate import Estimate

LOCALE = Path(__file__).parent / "locale"
PSEUDO = "en_XA"
LANGUAGES = ("en",)
MISSING = "–"

KEYWORDS = {"text": None, "message": None, "plural": (1, 2)}
"""What gettext's extraction looks for: the functions that messages are handed to, and which arguments they are."""

_language: ContextVar[str] = ContextVar("language", default="en")


class _Pseudo(gettext.NullTranslations):
    """Brackets every message: what shows without brackets did not go through `text`."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"⟦{one if n == 1 else many}⟧"


@cache
def _translations(language: str) -> gettext.NullTranslations:
    if language == PSEUDO:
        return _Pseudo()
    return gettext.translation("holdfast", LOCALE, [language], fallback=True)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en" if language == PSEUDO else language)


def use(language: str) -> None:
    """Set the language of this script run. Raises ValueError for one that does not exist."""
    if language not in (*LANGUAGES, PSEUDO):
        raise ValueError(f"No language {language!r}; there are {', '.join(LANGUAGES)}.")
    _language.set(language)


def language() -> str:
    return _language.get()


def text(message: str, /, **values: Any) -> str:
    """The message in the reader's language, `{names}` filled in."""
    translated = _translations(language()).gettext(message)
    return translated.format(**values) if values else translated


def plural(one: str, many: str, n: int, /, **values: Any) -> str:
    """`one` or `many` by the language's own rule; `{n}` is the count as people write it."""
    return _translations(language()).ngettext(one, many, n).format(n=count(n), **values)


def message(english: str) -> str:
    """Marks a message that stands where no reader's language is known yet; `text` translates it when it is shown."""
    return english


def _here() -> Locale:
    return _locale(language())


def _figure(written: str) -> str:
    return f"⟦{written}⟧" if language() == PSEUDO else written


def count(n: float) -> str:
    """A whole number: 23,570."""
    return _figure(format_decimal(round(n), format="#,##0", locale=_here()))


def number(x: float, digits: int = 2, *, fixed: bool = False) -> str:
    """A number with at most `digits` decimals: 4.41. `fixed`: with exactly so many, as in a column."""
    if not isfinite(x):
        return MISSING
    decimals = "." + ("0" if fixed else "#") * digits if digits else ""
    return _figure(format_decimal(x, format=f"#,##0{decimals}", locale=_here()))


def percent(x: float, digits: int = 1) -> str:
    """A share 0..1 as 45.9%."""
    if not isfinite(x):
        return MISSING
    return _figure(
        format_percent(x, format="#,##0" + ("." + "0" * digits if digits else "") + "%", locale=_here())
    )


def money(x: float, currency: str = "", digits: int | None = None, *, fixed: bool = False) -> str:
    """An amount: $61.20, or $14,900 above a thousand. Without a known currency: the bare number. `fixed`: with the
    currency's own decimals however large it is, as in a column."""
    if not isfinite(x):
        return MISSING
    precision = get_currency_precision(currency or "USD")
    places = digits if digits is not None else (0 if abs(x) >= 1000 and not fixed else precision)
    decimals = ("." + "0" * places) if places else ""
    if not currency:
        return _figure(format_decimal(x, format=f"#,##0{decimals}", locale=_here()))
    symbol = get_currency_symbol(currency, locale=_here())
    gap = " " if symbol[-1:].isalpha() else ""
    return _figure(
        format_currency(x, currency, format=f"¤{gap}#,##0{decimals}", locale=_here(), currency_digits=False)
    )


def compact_money(x: float, currency: str = "") -> str:
    """A large amount in short: $2.5M."""
    if not isfinite(x):
        return MISSING
    symbol = get_currency_symbol(currency, locale=_here()) if currency else ""
    return _figure(symbol + format_compact_decimal(x, fraction_digits=1, locale=_here()))


def currency_sign(currency: str) -> str:
    """$, €, or THB where the language has no sign for it."""
    return _figure(get_currency_symbol(currency, locale=_here()))


def date_order(browser: str | None) -> str:
    """How days are typed where `browser` (a language such as "en-GB") is at home: DD/MM/YYYY. Only orders that
    Streamlit's date input knows; YYYY-MM-DD, which nobody misreads, where nothing is known."""
    try:
        pattern = Locale.parse(browser or "", sep="-").date_formats["short"].pattern
    except (ValueError, UnknownLocaleError):
        return "YYYY-MM-DD"
    sign = next((c for c in pattern if c in "/.-"), "-")
    order = "".join(c for c in pattern.lower() if c in "ymd")
    parts = {"d": ("DD", "MM", "YYYY"), "m": ("MM", "DD", "YYYY")}.get(order[:1], ("YYYY", "MM", "DD"))
    return sign.join(parts)


def day(date: dt.date) -> str:
    """30 Jun 1998"""
    return _figure(format_date(date, format="d MMM y", locale=_here()))


def month(date: dt.date) -> str:
    """Jun 1998"""
    return _figure(format_date(date, format="MMM y", locale=_here()))


def month_name(number: int) -> str:
    """November, for 11"""
    return _figure(_here().months["stand-alone"]["wide"][number])


def weekday_name(number: int) -> str:
    """Monday, for 0"""
    return _figure(_here().days["stand-alone"]["wide"][number])


def moment(when: dt.datetime) -> str:
    """30 Jun 1998, 14:05"""
    return _figure(format_datetime(when, format="d MMM y, HH:mm", locale=_here()))


def span(first: dt.date, last: dt.date) -> str:
    """1 Jan 1997 – 30 Jun 1998"""
    return f"{day(first)} – {day(last)}"


def listing(items: Iterable[str]) -> str:
    """a, b and c"""
    return format_list(list(items), style="standard", locale=_here())


def _in_unit(x: float, unit: str, currency: str, digits: int | None) -> str:
    if unit == "share":
        return percent(x, 1 if digits is None else digits)
    if unit == "money":
        return money(x, currency, digits)
    if unit in ("customers", "days"):
        return number(x, 0 if digits is None else digits)
    if unit == "points":
        return number(100 * x, 0 if digits is None else digits)
    return number(x, 2 if digits is None else digits)


def value(e: Estimate, currency: str = "", digits: int | None = None) -> str:
    """The figure alone: 45.9%, or a dash where it cannot be known."""
    return _in_unit(e.value, e.unit, currency, digits) if e.known else MISSING


def interval(e: Estimate, currency: str = "", digits: int | None = None) -> str:
    """The interval alone: 45.3%–46.4%, or a dash."""
    if not e.known:
        return MISSING
    if not (isfinite(e.low) and isfinite(e.high)):
        return text("unbounded")
    low, high = (_in_unit(end, e.unit, currency, digits) for end in (e.low, e.high))
    if e.unit == "points" and e.low < 0:  # a dash beside a minus sign reads as another minus
        return text("{low} to {high}", low=low, high=high)
    return f"{low}–{high}"


def estimate(e: Estimate, currency: str = "", digits: int | None = None) -> str:
    """The figure and its interval: 45.9% (45.3%–46.4%); where it cannot be known, why."""
    if not e.known:
        return e.why_missing or MISSING
    return f"{value(e, currency, digits)} ({interval(e, currency, digits)})"
