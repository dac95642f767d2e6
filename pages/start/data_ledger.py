"""The ledger: what became of every record of every file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from data import balance, ledger, merging_ledger
from pages.common import download
from pages.start import data_set_aside, data_tables
from words import text


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
    """Of how many files those are. Data sets of before ledgers added up have that of their last file only."""
    if len(kept.files) < 2:
        return []
    n, told = words.count(len(kept.files)), workspace.ledger(kept)["source"].nunique()
    if told < len(kept.files):
        return [text("the last of {n} files, {name}", n=n, name=kept.files[-1])]
    return [text("{n} files together", n=n)]


def next_step(found: balance.Balance) -> None:
    if found.rows_set_aside:
        st.markdown(f"[{data_set_aside.fix(found)}](#set-aside)")


def draw(kept: workspace.Snapshot) -> None:
    frame = workspace.ledger(kept)
    source = _file(frame)
    lines = balance.lines(frame, source)
    figures, wide = [text("Records"), text("Money")], [text("What it means")]
    data_tables.draw(_in_words(lines), "data.ledger", figures=figures, wide=wide, downloadable=False)
    download.button(frame, "data.ledger", text("Ledger as CSV"))
    _explain(kept)
    if len(kept.files) > 1 and source is None:
        _by_file(frame)
    if balance.of(lines).rows_set_aside:
        data_set_aside.draw(kept, lines, source)


def _file(frame: pd.DataFrame) -> int | None:
    """Which file's ledger to show; None for all of them together."""
    names = dict(zip(frame["source"], frame["file"], strict=True))
    if len(names) < 2:
        return None
    chosen: int | None = st.selectbox(
        text("Ledger of"),
        [None, *names],
        format_func=lambda place: text("all files together") if place is None else names[place],
        key="data.ledger.file",
        width=360,
    )
    return chosen


def _explain(kept: workspace.Snapshot) -> None:
    st.caption(
        text(
            "Every record is either accepted or set aside: those two add up to all that came in. Flagged records "
            "are accepted ones, counted again by what was noticed about them; Definitions decide which of them count."
        )
    )
    if len(kept.files) > 1:
        st.caption(
            text(
                "Files overlap: what they had accepted is now in the data set, or was replaced, most often by a newer "
                "version of the same order. Those two add up to all accepted. Merged rows count orders, not records."
            )
        )


def _by_file(frame: pd.DataFrame) -> None:
    names = {
        "rows_in": text("Records in"),
        ledger.ACCEPTED: text("Accepted"),
        ledger.SET_ASIDE: text("Set aside"),
        ledger.STANDING: text("In the data set"),
        ledger.REPLACED: text("Replaced"),
    }
    counted = balance.by_file(frame)
    shown = counted[["file"]].rename(columns={"file": text("File")})
    for column, name in names.items():
        shown[name] = [words.count(n) for n in counted[column]]
    st.subheader(text("File by file"), anchor=False)
    data_tables.draw(shown, "data.files", figures=list(names.values()), wide=[text("File")])


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
    return merging_ledger.reason(code) if disposition == ledger.MERGED else ledger.reason(code or "")


def dispositions() -> dict[str, str]:
    return {
        ledger.ACCEPTED: text("Accepted"),
        ledger.SET_ASIDE: text("Set aside"),
        ledger.FLAGGED: text("Flagged"),
        ledger.STANDING: text("In the data set"),
        ledger.REPLACED: text("Replaced"),
        ledger.MERGED: text("Merged"),
    }


def short(kept: workspace.Snapshot, found: balance.Balance) -> None:
    """The plain view: why records were set aside and where they are, or that none were."""
    if not found.rows_set_aside:
        st.caption(
            text(
                "Every record could be read. Switch the view to Full for the whole ledger and the data’s health."
            )
        )
        return
    data_set_aside.draw(kept, balance.lines(workspace.ledger(kept)))
