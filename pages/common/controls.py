"""Choices that sit on a page and live in its address, so that a link shows the sender's view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from words import text

Value = TypeVar("Value", bound=str)


def choice(
    label: str, options: Mapping[Value, str], key: str, default: Value, help: str | None = None
) -> Value:
    """A row of buttons, one of which is chosen: `options` maps the value in the address to its label.

    A value in the address that is none of these is named, not silently replaced.
    """
    name_strange_value(label, options, key)
    chosen = st.segmented_control(
        label,
        list(options),
        format_func=lambda value: options[value],
        default=default,
        required=True,
        key=key,
        bind="query-params",
        help=help,
    )
    return chosen or default


def pick(
    label: str,
    options: Mapping[Value, str],
    key: str,
    default: Value,
    help: str | None = None,
    width: int | None = None,
) -> Value:
    """The same as a drop-down, for many options."""
    name_strange_value(label, options, key)
    values = list(options)
    return st.selectbox(
        label,
        values,
        index=values.index(default),
        format_func=lambda value: options[value],
        key=key,
        bind="query-params",
        help=help,
        width=width or "stretch",
    )


def name_strange_value(label: str, options: Mapping[Value, str], key: str) -> None:
    asked = st.query_params.get(key)
    known = {*options, *options.values()}
    if asked is not None and asked not in known and key not in st.session_state:
        st.warning(
            text(
                "The address asks for “{label}” = “{asked}”, which does not exist here. Choose one of: {options}.",
                label=label,
                asked=asked,
                options=", ".join(options.values()),
            )
        )
