"""The three doors: a shop's own orders, the made-up shop, and the real CDNOW orders."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

import jobs
import workspace
from data import cdnow, demo, snapshots
from pages.common import show
from pages.start import data_road as road
from words import count, text

SIZES = (2_000, 10_000, 100_000, 1_000_000)
KINDS = "CSV, TSV, Excel, Parquet, gzip, zip"


def draw() -> None:
    """The doors; a door that was opened leaves a job or an unfinished import behind (see data_incoming)."""
    mine, made_up, real = st.columns([1.25, 1, 1], border=True)
    for place, door in ((mine, _my_orders), (made_up, _demo), (real, _cdnow)):
        with place, st.container(gap="xxsmall"):
            door()


def _my_orders() -> None:
    st.markdown(text("**:material/upload_file: My orders**"))
    # A new key after each upload empties the widget, and with it Streamlit's own copy of the bytes.
    key = f"data.upload.{st.session_state.get('data.uploads', 0)}"
    # What was sent is taken before the widget is drawn: drawing it makes a second copy of every byte.
    uploaded = st.session_state.get(key) or st.file_uploader(
        text("One or more order exports"),
        accept_multiple_files=True,
        label_visibility="collapsed",
        key=key,
    )
    st.caption(
        text(
            "An export of Shopify, WooCommerce, Stripe, Square, BigCommerce, or any table of orders: {kinds}.",
            kinds=KINDS,
        )
    )
    if workspace.snapshot() is not None:
        st.caption(
            text(
                "Beside orders: survey answers of Typeform, SurveyMonkey, Google Forms, Delighted, or any table of them; "
                "lists of customers; marketing spend."
            )
        )
    if uploaded:
        st.session_state["data.uploads"] = st.session_state.get("data.uploads", 0) + 1
        current = workspace.data_set()
        st.session_state["data.road"] = road.receive(
            [(u.name, u.size, u) for u in uploaded],
            home=snapshots.home(),
            tenant=workspace.tenant(),
            room=workspace.incoming(),
            # A data set that grows keeps its zone; else the person most likely sits where the shop is.
            zone=(current.zone if current and current.kind == "orders" else st.context.timezone) or "UTC",
        )
        _let_go(uploaded)
        st.rerun()


def _let_go(uploaded: Sequence[UploadedFile]) -> None:
    """Streamlit keeps the bytes of an upload in memory as long as its session lives; they are on disk by now."""
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for file in uploaded:
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file.file_id)
        file.close()


def _demo() -> None:
    st.markdown(text("**:material/science: Demo shop**"))
    st.caption(text("Made up, and every page says so. It has all tables: orders, spend, surveys."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.selectbox(
            text("Customers"),
            SIZES,
            format_func=lambda n: text("{n} customers", n=count(n)),
            key="data.demo.size",
            label_visibility="collapsed",
            width=190,
        )
        seed = 1
        if show.full():
            seed = int(
                st.number_input(
                    text("Seed"),
                    0,
                    2**31 - 1,
                    1,
                    key="data.demo.seed",
                    help=text("The same seed makes the same shop."),
                )
            )
        opened = st.button(text("Open"), key="data.demo.open")
    if opened:
        _start(text("Making the demo shop"), lambda job: _make(job, size, seed))


def _cdnow() -> None:
    st.markdown(text("**:material/album: CDNOW**"))
    st.caption(text("Real orders of a music shop: everyone it won in early 1997, followed for 18 months."))
    if st.button(text("Open"), key="data.cdnow.open"):
        known = next((d for d in workspace.data_sets() if d.kind == "cdnow"), None)
        if known is not None:
            workspace.switch_to(known.id)
            st.rerun()
        _start(text("Reading the CDNOW orders"), _bring_cdnow)


def _start(label: str, work: Callable[[jobs.Job], int]) -> None:
    """Bring in a shop that needs no questions; the job's result is its data set."""
    st.session_state["data.job"] = jobs.start(("shop", uuid.uuid4().hex), label, work)
    st.rerun()


def _make(job: jobs.Job, customers: int, seed: int) -> int:
    job.progress(0.05, text("Making {n} customers and their orders", n=count(customers)))
    known = {d.id for d in workspace.catalog().data_sets(workspace.tenant())}
    made = demo.import_demo(customers, seed, home=snapshots.home(), tenant=workspace.tenant()).id
    if job.cancelled() and made not in known:
        workspace.catalog().delete_data_set(made, workspace.tenant())
    job.progress(1.0)
    return made


def _bring_cdnow(job: jobs.Job) -> int:
    job.progress(0.05, text("Reading the CDNOW orders"))
    home, tenant = snapshots.home(), workspace.tenant()
    cdnow.import_cdnow(home=home, tenant=tenant)
    return cdnow.data_set(home, tenant).id
