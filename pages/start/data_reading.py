"""What a file was recognised as, what it would come to, and how it is read, changeable until it is kept."""

from __future__ import annotations

from typing import Any

import streamlit as st

import words
import workspace
from data import balance, ledger
from pages.common import show
from pages.start import data_mapping, data_preview
from pages.start import data_road as road
from words import text

ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1252",
    "latin-1",
    "cp1251",
    "cp1250",
    "mac-roman",
    "koi8-u",
    "gb18030",
    "shift_jis",
)


def recognised(file: road.Incoming) -> None:
    """The file's name, what it is and how sure that is."""
    found = file.format
    if file.staged is None or found is None:
        return
    title = text("an unknown table") if found.name == "generic" else found.title
    st.markdown(f"**{show.plain(file.name)}** · {show.plain(title)}")
    said = [words.plural("{n} record", "{n} records", file.staged.records)]
    if file.staged.encoding:
        said.append(file.staged.encoding)
    if file.remembered:
        said.append(text("read as you chose last time"))
    elif found.name != "generic":
        said.append(text("{sure} sure", sure=words.percent(file.sureness, 0)))
        said.append(text("header row as in {source}", source=found.header_source))
        if not found.verified:
            said.append(text("unverified: made from a description, never tried on a real file"))
    st.caption(show.plain(" · ".join(said)))
    for warning in file.staged.warnings:
        st.warning(show.plain(warning))
    for note in found.notes if show.full() else ():
        st.caption(show.plain(text(note)))


def result(file: road.Incoming) -> None:
    """What it comes to: how much is accepted, why the rest is not, and the first orders as read."""
    found, frame = balance.of_draft(workspace.cursor(), road.draft_folder(file))
    share = words.percent(found.rows_share)
    facts = road.facts(file)
    st.markdown(
        show.plain(
            text(
                "{share} of rows accepted: {orders} of {customers}, {days}.",
                share=share,
                orders=words.plural("{n} order", "{n} orders", facts["orders"]),
                customers=words.plural("{n} customer", "{n} customers", facts["customers"]),
                days=facts["days"],
            )
        )
    )
    for code, n in balance.aside_by_code(frame).items():
        st.caption(
            show.plain(
                f"{words.plural('{n} record set aside', '{n} records set aside', n)}: {ledger.reason(code)}"
            )
        )
    with st.expander(text("See the first rows"), expanded=show.full()):
        data_preview.draw(file)


def change(coming: road.Road, file: road.Incoming, key: str) -> None:
    """Everything about the reading that a person may know better."""
    with st.expander(text("Change how it is read"), icon=":material/tune:"):
        with st.form(f"{key}.reading", border=False):
            left, right = st.columns(2)
            with left:
                encoding = _encoding(file, key)
                sheet = _sheet(file, key)
                zone = _zone(coming, key)
            with right:
                day_first = _settle(text("Dates such as 03/04"), "day_first", file, key)
                decimal = _settle(text("Decimal sign"), "decimal", file, key)
                guests = st.text_input(
                    text("A guest’s customer cell says"),
                    ", ".join(file.mapping.guests) if file.mapping else "",
                    key=f"{key}.guests",
                    help=text("Words that stand for “no customer”, such as guest or 0, separated by commas."),
                )
            read = st.form_submit_button(text("Read it again"))
        if (
            file.mapping is not None
            and file.settled
            and st.button(text("Choose the columns by hand"), key=f"{key}.by_hand")
        ):
            file.map_by_hand()
            st.rerun()
    if not read:
        return
    if (encoding, sheet) != (
        file.encoding or _known(file).get("encoding"),
        file.sheet or _known(file).get("sheet"),
    ):
        file.reread(encoding=encoding, sheet=sheet)
    elif file.mapping is not None:
        words_of_guests = tuple(g.strip() for g in guests.split(",") if g.strip())
        file.change(file.mapping.but(day_first=day_first, decimal=decimal, guests=words_of_guests))
    coming.read_for(zone)
    st.rerun()


def _known(file: road.Incoming) -> dict[str, Any]:
    return {"encoding": file.staged.encoding, "sheet": file.staged.chosen or None} if file.staged else {}


def _encoding(file: road.Incoming, key: str) -> str | None:
    known = file.encoding or _known(file).get("encoding")
    options = list(dict.fromkeys([*([known] if known else []), *ENCODINGS]))
    return st.selectbox(
        text("Letters are written in"),
        options,
        index=options.index(known) if known else None,
        key=f"{key}.encoding",
        help=text("Wrong letters in names? Choose another encoding."),
    )


def _sheet(file: road.Incoming, key: str) -> str | None:
    choices = list(file.staged.choices) if file.staged else []
    known = file.sheet or _known(file).get("sheet")
    if len(choices) < 2:
        return known
    return st.selectbox(
        text("Sheet or file"), choices, choices.index(known) if known in choices else 0, key=f"{key}.sheet"
    )


def _zone(coming: road.Road, key: str) -> str:
    zones = data_mapping.zones(coming.zone)
    return st.selectbox(
        text("Time zone of the shop"),
        zones,
        index=zones.index(coming.zone),
        key=f"{key}.zone",
        help=text(
            "Decides on which day an order falls. Guessed from this browser, or as the data set has it."
        ),
    )


def _settle(label: str, question: str, file: road.Incoming, key: str) -> Any:
    """A reading that the column decides unless a person does."""
    options = {
        "day_first": {
            None: text("let the column decide"),
            True: text("day first"),
            False: text("month first"),
        },
        "decimal": {None: text("let the column decide"), ".": text("point"), ",": text("comma")},
    }[question]
    known = getattr(file.mapping, question) if file.mapping else None
    values = list(options)
    return st.selectbox(
        label, values, values.index(known), format_func=options.__getitem__, key=f"{key}.{question}"
    )
