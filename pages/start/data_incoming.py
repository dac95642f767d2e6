"""Files on their way in: progress, what was recognised, questions, what it would come to, and the button that keeps it."""

from __future__ import annotations

import streamlit as st

import jobs
import workspace
from pages.common import show
from pages.start import data_change, data_questions, data_reading, data_steps
from pages.start import data_road as road
from words import plural, text

KEY = "data.road"


def draw() -> bool:
    """Show what is on its way; whether anything is, so that the rest of the page waits."""
    _tell_news()
    job = st.session_state.get("data.job")
    if job is not None:
        return _shop_being_made(job)
    coming: road.Road | None = st.session_state.get(KEY)
    if coming is None:
        return False
    if coming.job is not None and not coming.job.over:
        watch(coming.job)
        return True
    if coming.kept is not None:
        _finish(coming, coming.kept)
    if coming.job is not None and coming.job.state in ("failed", "cancelled"):
        _stopped(coming)
        return True
    if any(f.work_to_do for f in coming.files):
        coming.start(text("Reading the file"), data_steps.prepare)
        st.rerun()
    _files(coming)
    # With nothing left that could be kept, the doors are there for another file.
    return any(f.open for f in coming.files)


def watch(job: jobs.Job) -> None:
    """The progress of a job, looked at twice a second, and the button that stops it."""

    @st.fragment(run_every=0.5)
    def poll() -> None:
        if job.over:
            st.rerun()
        st.progress(job.fraction, show.plain(job.message or job.label))
        st.button(
            text("Cancel"), on_click=job.cancel, key=f"data.cancel.{job.number}", disabled=job.cancelled()
        )

    with st.container(border=True):
        st.markdown(f"**{show.plain(job.label)}**")
        poll()


def _shop_being_made(job: jobs.Job) -> bool:
    """The demo shop or CDNOW, which need no questions."""
    if not job.over:
        watch(job)
        return True
    del st.session_state["data.job"]
    jobs.forget(job.key)
    if job.state == "failed":
        st.error(show.prose(job.problem))
    elif job.state == "done":
        workspace.switch_to(job.result)
        st.rerun()
    return False


def _stopped(coming: road.Road) -> None:
    job = coming.job
    if job is not None and job.state == "failed":
        st.error(show.plain(job.problem))
    else:
        st.info(text("The import was cancelled. Your data is as it was."))
    reads = any(f.work_to_do for f in coming.files)
    if st.button(text("Read it again") if reads else text("Back to the files"), key="data.back"):
        coming.job = None
        st.rerun()
    _drop_button(coming)


def _files(coming: road.Road) -> None:
    st.subheader(plural("{n} file, not kept yet", "{n} files, not kept yet", len(coming.files)), anchor=False)
    for number, file in enumerate(list(coming.files)):
        with st.container(border=True):
            _file(coming, file, f"data.file.{coming.key[:6]}.{number}.{coming.steps}")
    if coming.ready:
        data_questions.target(coming)
    _drop_button(coming)


def _file(coming: road.Road, file: road.Incoming, key: str) -> None:
    if file.choices:
        st.info(show.plain(file.problem))
        data_questions.another_table(file, key)
    elif file.problem:
        st.error(show.plain(file.problem))
        st.caption(text("Nothing was changed: your data is as it was."))
    if file.staged is not None and not file.refused:
        data_reading.recognised(file)
        if file.question is not None:
            data_questions.ask(file, key)
        elif not file.settled:
            data_questions.mapping(file, key)
        else:
            data_reading.result(file, key)
    if file.open:
        data_change.draw(coming, file, key)
    if len(coming.files) > 1 and st.button(text("Leave this file out"), key=f"{key}.out", type="tertiary"):
        coming.leave_out(file)
        st.rerun()


def _drop_button(coming: road.Road) -> None:
    if st.button(text("Cancel, keep nothing"), key="data.drop", type="tertiary"):
        forget(coming)
        st.rerun()


def forget(coming: road.Road) -> None:
    coming.close()
    st.session_state.pop(KEY, None)


def _finish(coming: road.Road, kept: int) -> None:
    """Everything was kept: show the data set it went to, and say so once."""
    st.session_state["data.news"] = coming.news
    workspace.switch_to(kept)
    forget(coming)
    st.rerun()


def _tell_news() -> None:
    news = st.session_state.pop("data.news", None)
    if news:
        st.success(show.plain(news), icon=":material/check_circle:")
