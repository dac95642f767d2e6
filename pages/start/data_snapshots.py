"""What was kept: every snapshot of this data set, and the data set's own name."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from data import snapshots
from pages.common import show
from pages.start import data_tables
from words import text


def draw() -> None:
    kept = workspace.kept_snapshots()
    st.caption(
        text(
            "Every import makes a new snapshot; none is ever overwritten, so that any figure can be computed again "
            "as it was. The fingerprint names the contents: equal fingerprints, equal answers."
        )
    )
    shown = workspace.snapshot()
    frame = _frame(kept, shown)
    data_tables.draw(frame, "data.snapshots", figures=[text("Orders"), text("Customers")])
    if len(kept) > 1:
        _look_at_older(kept, shown)
    st.subheader(text("This data set"), anchor=False)
    _rename()
    _remove()


def _frame(kept: list[workspace.Snapshot], shown: workspace.Snapshot | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text("Kept"): [words.moment(s.kept_at) for s in kept],
            text("Orders"): [words.count(s.orders) for s in kept],
            text("Customers"): [words.count(s.customers) for s in kept],
            text("Days"): [
                words.span(s.first_day, s.last_day) if s.first_day and s.last_day else "" for s in kept
            ],
            text("Fingerprint"): [s.fingerprint[:12] for s in kept],
            text("Shown now"): [text("yes") if s == shown else "" for s in kept],
        }
    )


def _look_at_older(kept: list[workspace.Snapshot], shown: workspace.Snapshot | None) -> None:
    names = {
        s.fingerprint: text("{when} ({print})", when=words.moment(s.kept_at), print=s.fingerprint[:8])
        for s in kept
    }
    values = list(names)
    chosen = st.selectbox(
        text("Show this snapshot"),
        values,
        index=values.index(shown.fingerprint) if shown else 0,
        format_func=names.__getitem__,
        help=text("All pages then show the shop as it was kept then, until you choose another one."),
    )
    if shown is None or chosen != shown.fingerprint:
        # The newest is what everyone sees without a choice.
        if chosen == kept[0].fingerprint:
            st.session_state.pop("snapshot", None)
        else:
            st.session_state["snapshot"] = chosen
        st.rerun()


def _rename() -> None:
    current = workspace.data_set()
    if current is None:
        return
    with st.form("data.rename", border=False):
        name = st.text_input(text("Name"), current.name, max_chars=80, key=f"data.name.{current.id}")
        renamed = st.form_submit_button(text("Rename"))
    if renamed:
        try:
            workspace.catalog().rename_data_set(current.id, name, workspace.tenant())
        except ValueError as problem:
            st.error(show.prose(str(problem)))
        else:
            st.rerun()


def _remove() -> None:
    if st.button(text("Remove this data set"), icon=":material/delete:", key="data.remove"):
        st.dialog(text("Remove this data set?"))(_confirm_removal)()


def _confirm_removal() -> None:
    current = workspace.data_set()
    kept = workspace.kept_snapshots()
    if current is None:
        return
    st.write(
        text(
            "“{name}” will no longer be listed for anyone. Its snapshots stay on the disk, under {folder}.",
            name=show.plain(current.name),
            folder=show.plain(str(kept[0].folder.parent) if kept else str(snapshots.home())),
        )
    )
    if st.button(
        text("Remove"), type="primary", key="data.remove.yes", on_click=_removed, args=(current.id,)
    ):
        st.rerun()


def _removed(data_set: int) -> None:
    workspace.catalog().delete_data_set(data_set, workspace.tenant())
    st.session_state.pop("snapshot", None)
