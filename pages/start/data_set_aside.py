"""The records that were set aside: why, where they stand, and their original text, page by page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from data import balance, ledger
from pages.common import download
from pages.start import data_tables
from words import plural, text

PAGE = 100
MOST_DOWNLOADED = 100_000


def fix(found: balance.Balance) -> str:
    return plural("Fix {n} row", "Fix {n} rows", found.rows_set_aside)


def draw(kept: workspace.Snapshot, lines: pd.DataFrame, source: int | None = None) -> None:
    """The records of one file or of all; `lines` is their ledger."""
    st.subheader(fix(balance.of(lines)), anchor="set-aside")
    st.caption(
        text(
            "They are in no figure. Put them right in your shop’s system or in the file and send it again: the newest "
            "version of an order wins."
        )
    )
    rows = balance.aside_by_code(lines)
    names = {"": text("all reasons")} | {code: ledger.reason(code) for code in rows}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.selectbox(text("Reason"), list(names), format_func=names.__getitem__, key="data.aside.code")
        total = rows[code] if code else sum(rows.values())
        pages = -(-total // PAGE)
        page = 1
        if pages > 1:
            page = int(
                st.number_input(
                    text("Page, of {n}", n=words.count(pages)),
                    1,
                    pages,
                    1,
                    key=f"data.aside.page.{code}.{source}",
                    width=140,
                )
            )
    records = workspace.set_aside(kept, code or None, PAGE, (page - 1) * PAGE, source)
    columns = {
        **({"file": text("File")} if len(kept.files) > 1 else {}),
        "record": text("Record"),
        "column": text("Column"),
        "value": text("Value"),
        "reason": text("Reason"),
        "text": text("Original text"),
    }
    table = records[list(columns)].rename(columns=columns)
    table = table.astype(object).where(table.notna(), "")
    table[text("Record")] = [words.count(n) for n in table[text("Record")]]
    wide = [text("Original text"), text("Reason")]
    data_tables.draw(table, "data.aside", figures=[text("Record")], wide=wide, downloadable=False)
    _download(kept, code, total, source)


def _download(kept: workspace.Snapshot, code: str, total: int, source: int | None) -> None:
    label = text("Set-aside records as CSV")
    if total > MOST_DOWNLOADED:
        label = text("First {n} set-aside records as CSV", n=words.count(MOST_DOWNLOADED))
    st.download_button(
        label,
        data=lambda: download.safe_csv(workspace.set_aside(kept, code or None, MOST_DOWNLOADED, 0, source)),
        file_name="holdfast-set-aside.csv",
        mime="text/csv",
        key="data.aside.csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )
