"""How a file is read, for whoever knows better: letters, sheet, time zone, dates, decimals, guests, columns."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import streamlit as st

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


def draw(coming: road.Road, file: road.Incoming, key: str) -> None:
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
    names = zones(coming.zone)
    return st.selectbox(
        text("Time zone of the shop"),
        names,
        index=names.index(coming.zone),
        key=f"{key}.zone",
        help=text(
            "Decides on which day an order falls. Guessed from this browser, or as the data set has it."
        ),
    )


SETTLED = {"day_first": (None, True, False), "decimal": (None, ".", ",")}


def _settle(label: str, question: str, file: road.Incoming, key: str) -> Any:
    """A reading that the column decides unless a person does."""
    names = {
        None: text("let the column decide"),
        True: text("day first"),
        False: text("month first"),
        ".": text("point"),
        ",": text("comma"),
    }
    known = getattr(file.mapping, question) if file.mapping else None
    options = SETTLED[question]
    return st.selectbox(
        label, options, options.index(known), format_func=names.__getitem__, key=f"{key}.{question}"
    )


def zones(*known: str) -> list[str]:
    """The time zones there are, those of `known` among them whatever they are."""
    return sorted(
        {z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix", "right"))}
        | {"UTC", *known}
    )
