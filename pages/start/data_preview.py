"""How a file's dates and amounts are read, shown before anything is kept."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

import words
import workspace
from data import balance
from data.mapping import Undecided
from pages.start import data_road as road
from words import text

ROWS = 6


def answers(asked: Undecided) -> dict[Any, str]:
    """What each answer to a question would make of the example that it names: option -> label."""
    if asked.question == "day_first":
        example = re.search(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4})", str(asked))
        labels = {True: text("The day is first"), False: text("The month is first")}
        if example is None:
            return labels
        first, second, year = (int(part) for part in example.groups())
        year += 2000 if year < 100 else 0
        return {
            True: text("{how}: {day}", how=labels[True], day=_day(year, second, first)),
            False: text("{how}: {day}", how=labels[False], day=_day(year, first, second)),
        }
    if asked.question == "decimal":
        return {".": text("A point: 1.50 is one and a half"), ",": text("A comma: 1,50 is one and a half")}
    return {}


def _day(year: int, month: int, day: int) -> str:
    try:
        return words.day(date(year, month, day))
    except ValueError:
        return text("no such day")


def draw(file: road.Incoming) -> None:
    """The first orders as they were read, and under them what they were read from, letter by letter."""
    if file.draft is None or file.staged is None or file.mapping is None:
        return
    mapping, head = file.mapping, file.staged.head
    numbers = [n for row in head for h in mapping.headers("order_id") if (n := row.get(h))]
    read = balance.sample(workspace.cursor(), file.draft.folder, list(dict.fromkeys(numbers))[:ROWS], ROWS)
    st.caption(text("The first orders, as they are read:"))
    st.dataframe(_as_read(read), hide_index=True)
    shown = ("order_id", "customer_id", "email", "ordered_at", mapping.amount or "", "currency", "status")
    headers = list(dict.fromkeys(h for column in shown for h in mapping.headers(column)))
    st.caption(text("The first records, as the file has them:"))
    st.dataframe(pd.DataFrame(head[:ROWS], columns=headers).fillna(""), hide_index=True)


def _as_read(read: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text("Order"): read["order_id"],
            text("Customer"): read["customer"],
            text("Day"): [words.day(d) for d in read["ordered_on"]],
            text("Amount"): [
                words.money(float(m), c, fixed=True)
                for m, c in zip(read["net"], read["currency"], strict=True)
            ],
            text("Status"): read["status"],
        }
    )
