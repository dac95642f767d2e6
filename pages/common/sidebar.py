"""What holds on every page: the data set, Plain or Full, and the definitions."""

from __future__ import annotations

import streamlit as st

import workspace
from pages.common import address, controls, definitions_form, show
from words import text


def draw() -> None:
    address.follow()
    with st.sidebar:
        _data_set()
        controls.choice(
            text("View"),
            {"plain": text("Plain"), "full": text("Full")},
            "view",
            "plain",
            help=text("Plain: the answer and the next step. Full: every definition, setting and diagnostic."),
        )
        if workspace.data_set() is not None and st.button(
            text("Definitions"), icon=":material/tune:", width="stretch", key="sidebar.definitions"
        ):
            definitions_form.dialog()
        if show.needs_sign_in():
            st.button(text("Sign out"), on_click=st.logout, type="tertiary")
    address.write()


def _data_set() -> None:
    workspace.settle()
    known = workspace.data_sets()
    if not known:
        return
    names = {d.id: d.name for d in known}
    current = workspace.data_set()
    if st.session_state.get("data_set") not in names:
        st.session_state["data_set"] = current.id if current else known[0].id
    st.selectbox(
        text("Data set"),
        list(names),
        format_func=names.__getitem__,
        key="data_set",
        on_change=_forget_snapshot,
    )


def _forget_snapshot() -> None:
    st.session_state.pop("snapshot", None)
