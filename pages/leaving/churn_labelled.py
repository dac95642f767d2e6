"""The churn page's section for data with contracts: a table of one's own in which a column says who left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import jobs
import words
import workspace
from charts import learning as drawing
from data import opening
from data.own_table import read_table
from models.churn import fit_labelled
from models.learning.labelled import Labelled
from models.learning.labels import Undecided, read_label
from models.learning.reasons import Reasons
from pages.common import show
from pages.common.later import poll, soon
from words import text

EXPLAINED = 100
KEY = "churn.own"


@dataclass(frozen=True)
class _Table:
    frame: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        return self.frame.size * 60


def draw() -> None:
    """Upload, choose the column, see the answer. The file is read in memory and kept nowhere."""
    st.caption(
        show.prose(
            text(
                "Where contracts or memberships end on a known day, a column of your own table says who left. "
                "CSV or Excel, a row a customer; it is not kept."
            )
        )
    )
    sent = st.file_uploader(text("A table with who left"), key=f"{KEY}.file")
    if sent is None:
        return
    content = sent.getvalue()
    mark = sha256(content).hexdigest()[:16]

    def read(job: jobs.Job) -> _Table:
        room = workspace.incoming()
        try:
            return _Table(
                *read_table(content, sent.name, room, progress=job.progress, cancelled=job.cancelled)
            )
        except opening.Cancelled as cancelled:
            raise jobs.Cancelled from cancelled

    _when_done(("own table", mark), text("Opening the file …"), read, lambda table: _choose(table, mark))


def _when_done(key: tuple, label: str, work: Callable[[jobs.Job], Any], then: Callable[[Any], None]) -> None:
    job = jobs.start((workspace.tenant(), workspace.code_version(), words.language(), *key), label, work)
    if not soon(job):
        poll(job)
    elif job.state == "done":
        then(job.result)
    else:
        st.warning(show.plain(job.problem or text("“{label}” was cancelled.", label=label)))


def _choose(table: _Table, mark: str) -> None:
    for warning in table.warnings:
        st.caption(show.plain(warning))
    columns = [str(name) for name in table.frame.columns]
    likely = next((k for k, name in enumerate(columns) if _likely(name)), len(columns) - 1)
    column = st.selectbox(text("Who left is in"), columns, index=likely, key=f"{KEY}.{mark}.column")
    churned = None
    try:
        read_label(table.frame, column)
    except Undecided as asked:
        churned = st.radio(
            show.plain(str(asked)),
            asked.values,
            index=None,
            format_func=show.plain,
            horizontal=True,
            key=f"{KEY}.{mark}.left",
        )
        if churned is None:
            return
    except ValueError as why:
        st.warning(show.plain(str(why)))
        return
    allowed = tuple(st.session_state.get(f"{KEY}.{mark}.let_in", ()))

    def fit(job: jobs.Job) -> Labelled:
        return fit_labelled(table.frame, column, churned=churned, allowed=allowed, progress=job.progress)

    settings = (mark, column, churned, allowed)
    _when_done(
        ("labelled", *settings),
        text("Learning who left …"),
        fit,
        lambda found: _answer(found, table, settings),
    )


def _likely(name: str) -> bool:
    return any(part in name.lower() for part in ("churn", "exited", "attrition", "left", "cancelled"))


def _answer(found: Labelled, table: _Table, settings: tuple) -> None:
    st.markdown(show.prose(verdict(found)))
    for note in (found.label.sentence(), *found.notes):
        st.caption(show.plain(note))
    for leak in found.leaks.suspected:
        st.warning(show.plain(leak.sentence()))
    if found.leaks.suspected:
        _let_in(found, settings[0])
    show.chart(drawing.calibration(found.winner.measures, show.theme()), f"{KEY}.calibration")
    show.chart(drawing.drivers(found.importance, show.theme()), f"{KEY}.drivers")
    if show.full():
        show.chart(drawing.lift(found.winner.measures, show.theme()), f"{KEY}.lift")
        show.table(measures(found), f"{KEY}.measures")
    at = np.argsort(-found.chance, kind="stable")[:EXPLAINED]
    _when_done(
        ("labelled reasons", *settings),
        text("Finding reasons …"),
        lambda job: found.reasons(at, progress=job.progress),
        lambda reasons: show.table(ranked(found, table.frame, reasons), f"{KEY}.ranked"),
    )


def _let_in(found: Labelled, mark: str) -> None:
    kept, widget = f"{KEY}.{mark}.let_in", f"{KEY}.{mark}.allowed"

    def keep() -> None:
        # The widget is gone while the model learns again, and its value with it.
        st.session_state[kept] = tuple(st.session_state[widget])

    names = [leak.column for leak in found.leaks.suspected]
    chosen = [leak.column for leak in found.leaks.suspected if leak.let_in]
    st.multiselect(text("Let in"), names, chosen, key=widget, on_change=keep)


def verdict(found: Labelled) -> str:
    """Whether anything was learned, with the figure."""
    auc = words.estimate(found.winner.measures.auc, digits=3)
    error = words.estimate(found.winner.measures.calibration_error, digits=3)
    if found.beats_baselines:
        return text(
            "**{model} tells who leaves better than any single column: ROC-AUC {auc}, calibration error {error}** "
            "(a perfect model of this size: {perfect}), on customers it had not seen.",
            model=found.winner.title,
            auc=auc,
            error=error,
            perfect=words.estimate(found.perfect, digits=3),
        )
    return text(
        "**Nothing learned here beats {model}: ROC-AUC {auc}.** It is what is used.",
        model=found.winner.title,
        auc=auc,
    )


def measures(found: Labelled) -> pd.DataFrame:
    """A row a model."""
    each = found.candidates
    return pd.DataFrame(
        {
            text("Model"): [one.title for one in each],
            text("ROC-AUC"): [words.estimate(one.measures.auc, digits=3) for one in each],
            text("PR-AUC"): [words.estimate(one.measures.pr_auc, digits=3) for one in each],
            text("Brier score"): [words.estimate(one.measures.brier, digits=4) for one in each],
            text("Log loss"): [words.estimate(one.measures.log_loss, digits=4) for one in each],
            text("Calibration error"): [
                words.estimate(one.measures.calibration_error, digits=3) for one in each
            ],
        }
    )


def ranked(found: Labelled, frame: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    """Those most likely to leave by what the table calls them, with their reasons."""
    rows = frame.iloc[found.rows[reasons.rows]]
    first = str(frame.columns[0])
    told = [[reason.sentence() for reason in most] for most in reasons.most]
    return pd.DataFrame(
        {
            text("Row"): found.rows[reasons.rows] + 1,
            first: rows[first].to_numpy(),
            text("Chance of leaving"): [words.percent(p) for p in found.chance[reasons.rows]],
            text("Left"): [
                text("yes") if left else text("no") for left in found.label.left[found.rows[reasons.rows]]
            ],
            text("Reasons"): [words.listing(each) for each in told],
        }
    )
