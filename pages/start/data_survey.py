"""A survey file: which columns are questions, of what kind and on which scale, and what it would come to."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from data import answers_preview
from data.mapping import Mapping
from data.opening import Staged
from data.questions import KINDS, SCALES, USUAL, Question
from pages.common import show
from pages.start import data_road as road
from pages.start import data_tables
from words import text

ROWS = 6


def headers(staged: Staged, guessed: Mapping, key: str) -> list[str]:
    """The columns that are questions; outside of the form, because each of them brings fields of its own into it."""
    known = [q.header for q in guessed.questions if q.header in staged.header]
    return st.multiselect(
        text("Columns that are questions with a score"),
        staged.header,
        known,
        key=f"{key}.questions",
        help=text(
            "Leave it empty where every record is one answer, with columns that name the question, its kind and its scale."
        ),
    )


def questions(chosen: list[str], staged: Staged, guessed: Mapping, key: str) -> tuple[Question, ...]:
    """A row of fields for each question: its kind, its scale, and where people wrote about it."""
    known = {q.header: q for q in guessed.questions}
    found = []
    for header in chosen:
        # Named after the column, so that another choice of columns mixes nothing up.
        field = f"{key}.{staged.header.index(header)}"
        was = known.get(header, Question(header, "CSAT", USUAL["CSAT"]))
        scales = list(dict.fromkeys([was.scale, *SCALES]))
        st.markdown(f"**{show.plain(header)}**")
        left, middle, right = st.columns([1, 1, 3])
        with left:
            kind = st.selectbox(text("Kind"), KINDS, KINDS.index(was.kind), key=f"{field}.kind", help=kinds())
        with middle:
            scale = st.selectbox(text("Scale"), scales, key=f"{field}.scale")
        with right:
            comment = st.multiselect(
                text("What was written about it"), staged.header, list(was.comment), key=f"{field}.comment"
            )
        found.append(Question(header, kind, scale, tuple(comment)))
    return tuple(found)


def kinds() -> str:
    return text(
        "NPS: would you recommend us, 0 to 10. CSAT: how satisfied are you, in numbers, stars or words. CES: how easy was it."
    )


def result(file: road.Incoming, key: str) -> None:
    """The questions as they were read, whose the answers are, and the first of them."""
    if file.draft is None:
        return
    connection, folder = workspace.cursor(), file.draft.folder
    found = answers_preview.by_question(connection, folder)
    figures = {"answers": text("Answers"), "aside": text("Set aside"), "comments": text("Comments")}
    shown = found[["question", "kind", "scale"]].rename(
        columns={"question": text("Question"), "kind": text("Kind"), "scale": text("Scale")}
    )
    for column, name in figures.items():
        shown[name] = [words.count(n) for n in found[column]]
    data_tables.draw(
        shown, f"{key}.asked", figures=figures.values(), wide=[text("Question")], downloadable=False
    )
    st.caption(text("Every answer is a record: a row that answers three questions counts as three."))
    _whose(file)
    if st.button(text("Change the questions"), icon=":material/tune:", key=f"{key}.change"):
        file.map_by_hand()
        st.rerun()
    with st.expander(text("See the first answers"), icon=":material/table_rows:"):
        st.dataframe(_as_read(answers_preview.first(connection, folder, ROWS)), hide_index=True)
        for note in file.format.notes if file.format and not file.by_hand else ():
            st.caption(show.plain(text(note)))


def _whose(file: road.Incoming) -> None:
    current, kept = workspace.data_set(), workspace.snapshot()
    if current is None or kept is None or current.kind != "orders" or file.draft is None:
        return
    n, matched = answers_preview.matched(workspace.cursor(), file.draft.folder, kept.folder)
    st.markdown(
        text(
            "**{matched} of {n} answers belong to the orders and customers of “{name}”.** The others count in the scores, and "
            "cannot be joined to orders.",
            matched=words.count(matched),
            n=words.count(n),
            name=show.plain(current.name),
        )
    )


def _as_read(answers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text("Day"): [words.day(t.date()) for t in answers["answered_at"]],
            text("Customer"): answers["customer"].fillna(""),
            text("Order"): answers["order_id"].fillna(""),
            text("Question"): answers["question"].fillna(""),
            text("Score"): [words.number(s, 1) for s in answers["score"]],
            text("Scale"): answers["scale"],
            text("Comment"): answers["comment"].fillna("").str.slice(0, 200),
        }
    )
