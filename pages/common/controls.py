"""Choices that sit on a page and live in its address, so that a link shows the sender's view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from pages.common import address
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


def _asked(label: str, options: Mapping[Value, str], key: str, default: Value) -> Value:
    """What the address asks for, where it is new here. A value that does not exist is named, not replaced silently."""
    asked = st.query_params.get(key)
    if asked is None or key in st.session_state:
        return default
    for value in options:
        if asked == value:
            return value
    st.warning(
        text(
            "The address asks for “{label}” = “{asked}”, which does not exist here. Choose one of: {options}.",
            label=label,
            asked=asked,
            options=", ".join(options.values()),
        )
    )
    return default


def _written(key: str, chosen: Value, default: Value) -> Value:
    """Only what differs from the default stands in the address."""
    address.put(key, None if chosen == default else chosen)
    return chosen
