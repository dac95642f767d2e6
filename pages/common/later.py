"""What takes longer than a page may: asked as a job, shown when it is there, polled in a fragment until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

import jobs
import workspace
from pages.common import show
from words import text

PATIENCE = 1.2
"""Seconds a page waits before it shows a bar instead: a small shop's answer is there by then, and nothing jumps."""


def later(label: str, draw: Callable[[Any], None], model: Callable[..., Any], **settings: Any) -> None:
    """`draw(answer)` as soon as `model(shop, definitions, **settings)` has answered; `label` says what is done."""
    job = workspace.ask_in_background(model, label, **settings)
    if job.wait(PATIENCE):
        _over(job, draw)
    else:
        _poll(job)


def answered(model: Callable[..., Any], label: str, **settings: Any) -> Any:
    """The answer if it is there within PATIENCE, else None; the job goes on. For a figure in a row of figures."""
    job = workspace.ask_in_background(model, label, **settings)
    return job.result if job.wait(PATIENCE) and job.state == "done" else None


@st.fragment(run_every=1.0)
def _poll(job: jobs.Job) -> None:
    if job.over:
        st.rerun()
    st.progress(job.fraction, show.prose(job.message or job.label))
    st.button(text("Cancel"), on_click=job.cancel, key=f"cancel-{job.number}", type="tertiary")


def _over(job: jobs.Job, draw: Callable[[Any], None]) -> None:
    if job.state == "done":
        draw(job.result)
        return
    st.warning(show.prose(job.problem or text("“{label}” was cancelled.", label=job.label)))
    st.button(text("Try again"), on_click=jobs.forget, args=(job.key,), key=f"again-{job.number}")
