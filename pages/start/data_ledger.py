"""The ledger: what became of every record, and the records that were set aside."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from data import balance, ledger, merging
from pages.common import download
from pages.start import data_tables
from words import plural, text

PAGE = 100
MOST_DOWNLOADED = 100_000


def sentence(found: balance.Balance) -> str:
    """The page's answer: how much of what came in is in the figures."""
    if not found.rows_set_aside:
        return text("Every row and all of the money accepted")
    rows = words.percent(found.rows_share)
    if found.money_share is None:
        return text("{rows} of rows accepted", rows=rows)
    return text(
        "{rows} of rows and {money} of money accepted", rows=rows, money=words.percent(found.money_share)
    )


def counts(found: balance.Balance) -> str:
    """The same in counts, which is what a person checks against their shop."""
    return text(
        "{total}: {accepted} accepted, {aside} set aside",
        total=words.plural("{n} record in", "{n} records in", found.rows_in),
        accepted=words.count(found.rows_accepted),
        aside=words.count(found.rows_set_aside),
    )


def whose(kept: workspace.Snapshot) -> list[str]:
    """Where a data set grew by files, the ledger is the last one's; the others' stay with their snapshots."""
    if len(kept.files) < 2:
        return []
    return [text("the last of {n} files, {name}", n=words.count(len(kept.files)), name=kept.files[-1])]


def next_step(found: balance.Balance) -> None:
    if found.rows_set_aside:
        st.markdown(f"[{fix(found)}](#set-aside)")


def fix(found: balance.Balance) -> str:
    return plural("Fix {n} row", "Fix {n} rows", found.rows_set_aside)


def draw(kept: workspace.Snapshot) -> None:
    frame = workspace.ledger(kept)
    shown = _in_words(frame)
    figures, wide = [text("Records"), text("Money")], [text("What it means")]
    data_tables.draw(shown, "data.ledger", figures=figures, wide=wide, downloadable=False)
    download.button(frame, "data.ledger", text("Ledger as CSV"))
    st.caption(
        text(
            "Every record is either accepted or set aside: those two add up to all that came in. Flagged records "
            "are accepted ones, counted again by what was noticed about them; Definitions decide which of them count."
        )
    )
    found = balance.of(frame)
    if found.rows_set_aside:
        _set_aside(kept, found)


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text("What happened"): [dispositions().get(d, d) for d in frame["disposition"]],
            text("What it means"): [
                _meaning(*row) for row in zip(frame["disposition"], frame["code"], strict=True)
            ],
            text("Records"): [words.count(n) for n in frame["rows"]],
            text("Money"): [
                words.money(float(m), c or "") if pd.notna(m) else ""
                for m, c in zip(frame["money"], frame["currency"], strict=True)
            ],
        }
    )


def _meaning(disposition: str, code: str) -> str:
    return merging.reason(code) if disposition == merging.MERGED else ledger.reason(code or "")


def dispositions() -> dict[str, str]:
    return {
        ledger.ACCEPTED: text("Accepted"),
        ledger.SET_ASIDE: text("Set aside"),
        ledger.FLAGGED: text("Flagged"),
        merging.MERGED: text("Merged"),
    }


def _set_aside(kept: workspace.Snapshot, found: balance.Balance) -> None:
    st.subheader(fix(found), anchor="set-aside")
    st.caption(
        text(
            "They are in no figure. Put them right in your shop’s system or in the file and send it again: the newest "
            "version of an order wins."
        )
    )
    rows = balance.aside_by_code(workspace.ledger(kept))
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
                    key=f"data.aside.page.{code}",
                    width=140,
                )
            )
    records = workspace.set_aside(kept, code or None, PAGE, (page - 1) * PAGE)
    columns = {
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
    _download(kept, code, total)


def _download(kept: workspace.Snapshot, code: str, total: int) -> None:
    label = text("Set-aside records as CSV")
    if total > MOST_DOWNLOADED:
        label = text("First {n} set-aside records as CSV", n=words.count(MOST_DOWNLOADED))
    st.download_button(
        label,
        data=lambda: download.safe_csv(workspace.set_aside(kept, code or None, MOST_DOWNLOADED, 0)),
        file_name="holdfast-set-aside.csv",
        mime="text/csv",
        key="data.aside.csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def short(kept: workspace.Snapshot, found: balance.Balance) -> None:
    """The plain view: why records were set aside and where they are, or that none were."""
    if not found.rows_set_aside:
        st.caption(
            text(
                "Every record could be read. Switch the view to Full for the whole ledger and the data’s health."
            )
        )
        return
    _set_aside(kept, found)
