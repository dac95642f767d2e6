"""What a file was recognised as, and what it would come to."""

from __future__ import annotations

from datetime import date

import streamlit as st

import words
from data import balance, ledger
from data.formats.base import Format
from pages.common import show
from pages.start import data_preview, data_survey
from pages.start import data_road as road
from words import text


def recognised(file: road.Incoming) -> None:
    """The file's name, what it is and how sure that is."""
    found = file.format
    if file.staged is None or found is None:
        return
    title = text("an unknown table") if found.name == "generic" else text(found.title)
    name = f"**{show.plain(file.name)}** · {show.plain(title)}"
    said = [words.plural("{n} record", "{n} records", file.staged.records)]
    if file.remembered:
        said.append(text("read as you chose last time"))
    elif found.name == "generic":
        if file.resembles:
            said.append(text("most like {title}", title=text(file.resembles)))
    else:
        said.append(text("known by the names of its columns"))
        if not found.verified:
            said.append(text("never tried on a real file of this kind: check the first rows"))
    if show.full():
        said += _technical(file, found)
    with st.container(gap="xxsmall"):
        st.markdown(name)
        st.caption(show.plain(" · ".join(said)))
    for warning in file.staged.warnings:
        st.warning(show.plain(warning))


def _technical(file: road.Incoming, found: Format) -> list[str]:
    """How the file was read, for whoever wants to check it."""
    said = (
        [text("letters: {encoding}", encoding=file.staged.encoding)]
        if file.staged and file.staged.encoding
        else []
    )
    if found.name == "generic" or file.remembered:
        return said
    sure = text("{share} of the expected columns", share=words.percent(file.sureness, 0))
    return [*said, sure, text("the header row is known from: {source}", source=found.header_source)]


def result(file: road.Incoming, key: str) -> None:
    """What it comes to: how much is accepted, why the rest is not, and the first orders as read."""
    if file.draft is None:
        return
    found, facts = balance.of(file.draft.ledger), file.draft.facts
    said = [text("{share} of rows accepted", share=words.percent(found.rows_share))]
    if facts.get("orders"):
        said.append(words.plural("{n} order", "{n} orders", facts["orders"]))
    if facts.get("customers"):
        said.append(words.plural("{n} customer", "{n} customers", facts["customers"]))
    if facts.get("first_day"):
        said.append(words.span(*(date.fromisoformat(facts[d]) for d in ("first_day", "last_day"))))
    st.markdown(show.plain(" · ".join(said)))
    for code, n in balance.aside_by_code(file.draft.ledger).items():
        st.caption(
            show.plain(
                f"{words.plural('{n} record set aside', '{n} records set aside', n)}: {ledger.reason(code)}"
            )
        )
    if facts["mapping"]["table"] == "surveys":
        data_survey.result(file, key)
    if facts.get("orders"):
        with st.expander(text("See the first rows"), icon=":material/table_rows:", expanded=file.by_hand):
            data_preview.draw(file)
            for note in file.format.notes if file.format and not file.by_hand else ():
                st.caption(show.plain(text(note)))
