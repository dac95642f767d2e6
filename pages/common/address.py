"""The data set and the definitions of a view in its address, so that a link shows what its sender saw.

`shop` is the number of a data set; `definitions` (a short hash; the catalogue keeps what it stands for) where they depart from the shop's own.
"""

from __future__ import annotations

import streamlit as st

import workspace
from models.definitions import Definitions
from words import text

SHOP, DEFINITIONS = "shop", "definitions"


def follow() -> None:
    """Once a session: look at what the address asks for. What does not exist is named, not replaced silently."""
    if st.session_state.setdefault("followed", False):
        return
    st.session_state["followed"] = True
    asked = st.query_params.get(SHOP)
    if asked is not None:
        if asked in {str(d.id) for d in workspace.data_sets()}:
            st.session_state["data_set"] = int(asked)
        else:
            st.warning(
                text("The address asks for data set {asked}, which is not here (any more).", asked=asked)
            )
    key = st.query_params.get(DEFINITIONS)
    if key is not None:
        current = workspace.data_set()
        kept = workspace.catalog().answers(current.id).get(f"definitions {key}") if current else None
        if kept:
            workspace.set_definitions(Definitions.from_json(kept))
        else:
            st.warning(
                text(
                    "The address asks for definitions {key}, which nobody here has used: the shop’s own apply.",
                    key=key,
                )
            )


def write() -> None:
    """Put what differs from the default into the address."""
    current = workspace.data_set()
    # Always: which data set is the newest changes with the next upload, and a link has to outlive that.
    put(SHOP, str(current.id) if current else None)
    chosen = workspace.definitions()
    departs = chosen != workspace.saved_definitions()
    if current and departs and st.query_params.get(DEFINITIONS) != chosen.key:
        workspace.catalog().confirm(current.id, f"definitions {chosen.key}", chosen.to_json())
    put(DEFINITIONS, chosen.key if departs else None)


def put(name: str, value: str | None) -> None:
    """Set one part of the address, or take it out."""
    if value is None:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
