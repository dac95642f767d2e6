"""What takes longer than a page may: asked as a job, shown when it is there, polled in a fragment until then."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import streamlit as st

import jobs
import workspace
from models.definitions import Definitions
from pages.common import show
from words import text

PATIENCE = 1.5
"""Seconds that one run of a page waits for all its answers before it shows bars instead: a small shop's are there by
then, and nothing jumps."""

_until: ContextVar[float] = ContextVar("until", default=0.0)


def begin() -> None:
    """A run of a page begins: from now on it may wait for PATIENCE."""
    _until.set(time.monotonic() + PATIENCE)


def soon(job: jobs.Job) -> bool:
    """Wait for a job as long as this run may; whether it is over."""
    # Nobody waits twice for the same job: it was waited for when it began.
    until = min(_until.get(), job.created + PATIENCE)
    return job.wait(max(until - time.monotonic(), 0.0))


def later(
    label: str,
    draw: Callable[[Any], None],
    model: Callable[..., Any],
    definitions: Definitions | None = None,
    /,
    *,
    otherwise: Callable[[str], None] | None = None,
    **settings: Any,
) -> None:
    """`draw(answer)` as soon as `model(shop, definitions, **settings)` has answered; `label` says what is done.

    Until then, and where there is no answer, `otherwise(why)` can draw what must not be missing, such as a header.
    """
    job = workspace.ask_in_background(model, label, definitions, **settings)
    if soon(job):
        _over(job, draw, otherwise)
        return
    if otherwise is not None:
        otherwise(label)
    _poll(job)


def poll(job: jobs.Job) -> None:
    """Draw the page again when the job is over."""
    if not job.over:
        _poll(job)


@st.fragment(run_every=1.0)
def _poll(job: jobs.Job) -> None:
    if job.over:
        st.rerun()
    with st.container(key=f"working-{job.number}", horizontal=True, vertical_alignment="center"):
        if job.fraction:
            st.progress(job.fraction, show.prose(job.message or job.label))
        else:
            st.caption(f":material/hourglass_top: {show.prose(job.message or job.label)}")
        st.button(text("Cancel"), on_click=job.cancel, key=f"cancel-{job.number}", type="tertiary")


def _over(job: jobs.Job, draw: Callable[[Any], None], otherwise: Callable[[str], None] | None) -> None:
    if job.state == "done":
        draw(job.result)
        return
    why = job.problem or text("“{label}” was cancelled.", label=job.label)
    if otherwise is not None:
        otherwise(why)
    else:
        st.warning(show.prose(why))
    if not job.hopeless:
        st.button(text("Try again"), on_click=jobs.forget, args=(job.key,), key=f"again-{job.number}")
