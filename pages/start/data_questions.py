"""What only a person can answer about a file, asked with examples from the file itself."""

from __future__ import annotations

import streamlit as st

import workspace
from data import ingest, keeping
from data.mapping import Mapping, Undecided
from pages.common import show
from pages.start import data_columns, data_mapping, data_preview, data_steps
from pages.start import data_road as road
from words import text

NEW = 0


def ask(file: road.Incoming, key: str) -> None:
    """The question that stopped the file; an answer goes into its mapping."""
    question, mapping = file.question, file.mapping
    if question is None or mapping is None:
        return
    st.markdown(f":material/help: {show.plain(str(question))}")
    if question.question == "currency":
        _currency(file, question, mapping, key)
        return
    answers = data_preview.answers(question)
    with st.container(horizontal=True):
        for number, option in enumerate(question.options):
            if st.button(show.plain(answers.get(option, str(option))), key=f"{key}.answer.{number}"):
                file.remap(mapping.but(**{question.question: option}))
                st.rerun()


def _currency(file: road.Incoming, question: Undecided, mapping: Mapping, key: str) -> None:
    codes = [o for o in question.options if o not in ("settled", "rates")]
    ways = {"one": text("one currency; others are set aside"), "rates": text("exchange rates")}
    if "settled" in question.options:
        ways = {"settled": text("the settled amounts")} | ways
    way = st.segmented_control(
        text("Read the money by"),
        list(ways),
        format_func=ways.__getitem__,
        default=next(iter(ways)),
        required=True,
        key=f"{key}.way",
    )
    with st.form(f"{key}.currency", border=False):
        kept, rates = mapping.currency, dict(mapping.rates)
        if way != "settled":
            kept = st.selectbox(text("Currency of the shop"), codes, key=f"{key}.code", width=250)
        if way == "rates":
            st.caption(
                text(
                    "How much one unit is worth in the shop’s currency, for each of the others. Empty: set aside."
                )
            )
            with st.container(horizontal=True):
                for code in codes:
                    rates[code] = st.text_input(
                        show.plain(code), key=f"{key}.rate.{code}", width=110, placeholder="1.08"
                    )
        if not st.form_submit_button(text("Read it this way"), type="primary"):
            return
    if way == "settled":
        file.remap(mapping.but(settled=True, currency=None, rates={}))
    else:
        given = {c: r.strip() for c, r in rates.items() if r.strip() and c != kept} if way == "rates" else {}
        file.remap(mapping.but(settled=False, currency=kept, rates=given))
    st.rerun()


def mapping(file: road.Incoming, key: str) -> None:
    """The mapping form, for a file that no format knows for sure."""
    if file.staged is None or file.mapping is None:
        return
    tables = data_columns.tables()
    table = st.selectbox(
        text("The file holds"),
        list(tables),
        list(tables).index(file.mapping.table),
        format_func=tables.__getitem__,
        key=f"{key}.holds",
        width=250,
    )
    if table != file.mapping.table:
        file.mapping = ingest.guess(file.staged, table)
    chosen = data_mapping.draw(file.staged, file.mapping, f"{key}.{table}")
    if chosen is not None:
        file.remap(chosen)
        st.rerun()


def another_table(file: road.Incoming, key: str) -> None:
    """A workbook or zip that holds several tables: which one is it?"""
    if not file.choices:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(text("Read this one"), file.choices, key=f"{key}.table")
        if st.button(text("Read"), key=f"{key}.table.read", type="primary"):
            file.reread(sheet=chosen)
            st.rerun()


def target(coming: road.Road) -> None:
    """Where it goes: onto the data set on screen, or a new one; and the button that keeps it."""
    if coming.question is not None:
        _append(coming)
        return
    current, kept = workspace.data_set(), workspace.snapshot()
    where = "new"
    if current is not None and current.kind == "orders" and kept is not None:
        fits = all(keeping.belongs(f.draft, kept.folder) for f in coming.files if f.draft)
        if not fits:
            st.caption(
                text(
                    "This is another kind of export than those in “{name}”, or in another currency or time zone: it is "
                    "best kept by itself.",
                    name=show.plain(current.name),
                )
            )
        where = st.segmented_control(
            text("Keep it"),
            ["add", "new"],
            format_func={
                "add": text("in “{name}”", name=show.plain(current.name)),
                "new": text("as a new data set"),
            }.__getitem__,
            default="add" if fits else "new",
            required=True,
            # Read in another way, the same file may fit.
            key=f"data.where.{coming.key}.{fits}",
        )
    name = coming.files[0].name.rsplit(".", 1)[0]
    if where == "new":
        name = st.text_input(text("Name"), name, max_chars=80, key=f"data.new.name.{coming.key}", width=360)
    if st.button(text("Keep and show"), type="primary", icon=":material/check:", key="data.keep"):
        coming.target = current.id if where == "add" and current is not None else None
        coming.name = name.strip() or coming.files[0].name
        coming.start(text("Keeping the orders"), data_steps.keep)
        st.rerun()


def _append(coming: road.Road) -> None:
    st.markdown(f":material/help: {show.plain(str(coming.question))}")
    with st.container(horizontal=True):
        for how, label in {
            "append": text("Add the new orders"),
            "replace": text("Replace what is there"),
        }.items():
            if st.button(label, key=f"data.how.{how}"):
                coming.how, coming.question = how, None
                coming.start(text("Keeping the orders"), data_steps.keep)
                st.rerun()
