"""Choices that sit on a page and live in its address, so that a link shows the sender's view."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

import streamlit as st

import words
from pages.common import address, show
from words import text

Value = TypeVar("Value", bound=str)


def choice(
    label: str, options: Mapping[Value, str], key: str, default: Value, help: str | None = None
) -> Value:
    """A row of buttons, one of which is chosen: `options` maps the value in the address to its label.

    Streamlit's own binding would put the label into the address, so that a link would not survive another language.
    """
    chosen = st.segmented_control(
        label,
        list(options),
        format_func=lambda value: options[value],
        default=_asked(label, options, key, default),
        required=True,
        key=key,
        persist_state="session",
        help=help,
    )
    return _written(key, chosen or default, default)


def pick(
    label: str,
    options: Mapping[Value, str],
    key: str,
    default: Value,
    help: str | None = None,
    width: int | None = None,
) -> Value:
    """The same as a drop-down, for many options."""
    values = list(options)
    chosen = st.selectbox(
        label,
        values,
        index=values.index(_asked(label, options, key, default)),
        format_func=lambda value: options[value],
        key=key,
        persist_state="session",
        help=help,
        width=width or "stretch",
    )
    return _written(key, chosen, default)


def several(
    label: str, options: Mapping[Value, str], key: str, default: list[Value], help: str | None = None
) -> list[Value]:
    """Any number of `options`; in the address their values with commas between, and nothing for none."""
    held = st.session_state.get(key)
    if held is not None and not set(held) <= set(options):
        del st.session_state[key]
        address.put(key, None)
    begin, asked = default, st.query_params.get(key)
    if asked is not None and key not in st.session_state:
        known = {str(value): value for value in options}
        wanted = [part for part in asked.split(",") if part]
        if set(wanted) <= set(known):
            begin = [known[part] for part in wanted]
        else:
            _refuse(label, asked, ", ".join(options.values()))
    chosen = st.multiselect(
        label,
        list(options),
        begin,
        format_func=lambda value: options[value],
        key=key,
        persist_state="session",
        help=help,
    )
    address.put(key, None if chosen == default else ",".join(chosen))
    return chosen


def number(
    label: str,
    key: str,
    default: float,
    low: float,
    high: float,
    *,
    digits: int = 0,
    step: float = 1.0,
    help: str | None = None,
    width: int = 150,
) -> float:
    """A number from `low` to `high`; with `digits` 0 a whole one."""
    kind = float if digits else int
    _let_go(key, low, high)
    begin = default
    asked = st.query_params.get(key)
    if asked is not None and key not in st.session_state:
        try:
            begin = float(asked)
        except ValueError:
            begin = low - 1
        if not low <= begin <= high:
            _refuse(label, asked, text("{low} to {high}", low=words.number(low), high=words.number(high)))
            begin = default
    chosen = st.number_input(
        label,
        kind(low),
        kind(high),
        kind(begin),
        kind(step),
        format=f"%.{digits}f" if digits else "%d",
        key=key,
        persist_state="session",
        help=help,
        width=width,
    )
    found = default if chosen is None else float(chosen)
    address.put(key, None if kind(found) == kind(default) else f"{found:g}")
    return found


def day(label: str, key: str, default: dt.date, low: dt.date, high: dt.date, *, width: int = 150) -> dt.date:
    """A day from `low` to `high`."""
    _let_go(key, low, high)
    begin = default
    asked = st.query_params.get(key)
    if asked is not None and key not in st.session_state:
        try:
            begin = dt.date.fromisoformat(asked)
        except ValueError:
            begin = dt.date.max
        if not low <= begin <= high:
            _refuse(label, asked, words.span(low, high))
            begin = default
    chosen = st.date_input(
        label, begin, low, high, key, format=show.date_order(), persist_state="session", width=width
    )
    found = chosen if isinstance(chosen, dt.date) else default
    address.put(key, None if found == default else found.isoformat())
    return found


def _let_go(key: str, low: Any, high: Any) -> None:
    """Forget what was chosen earlier where another setting has since moved the ends past it: the default applies."""
    held = st.session_state.get(key)
    if held is not None and not low <= held <= high:
        del st.session_state[key]
        address.put(key, None)


def _refuse(label: str, asked: str, options: str) -> None:
    st.warning(
        show.prose(
            text(
                "The address asks for “{label}” = “{asked}”, which does not exist here. Possible here: {options}.",
                label=label,
                asked=show.plain(asked),
                options=options,
            )
        )
    )


def _asked(label: str, options: Mapping[Value, str], key: str, default: Value) -> Value:
    """What the address asks for, where it is new here. A value that does not exist is named, not replaced silently."""
    asked = st.query_params.get(key)
    if asked is None or key in st.session_state:
        return default
    for value in options:
        if asked == value:
            return value
    _refuse(label, asked, ", ".join(options.values()))
    return default


def _written(key: str, chosen: Value, default: Value) -> Value:
    """Only what differs from the default stands in the address."""
    address.put(key, None if chosen == default else chosen)
    return chosen
