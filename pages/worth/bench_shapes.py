"""The model bench's sections on customers: how they differ, what a history means, one customer, and fits kept."""

from __future__ import annotations

import re

import streamlit as st

import words
import workspace
from charts import customer_timeline as line
from charts import model_shapes as drawing
from models import customer_timeline, model_shapes, saved_fit
from models.model_bench import Bench
from pages.common import controls, show
from pages.common.later import later
from pages.worth import bench_sentences as sentences
from pages.worth.bench_settings import Settings
from words import text


def draw_mixing(found: Bench) -> None:
    st.subheader(text("How customers differ"), anchor=False)
    buying, leaving = model_shapes.buying(found), model_shapes.leaving(found)
    left, other = st.columns(2, gap="medium")
    with left:
        st.caption(show.prose(sentences.buying(buying)))
        show.chart(
            drawing.mixing(buying, show.theme(), text("repeat purchases a year, while active")),
            "bench.buying",
        )
    with other:
        st.caption(show.prose(sentences.leaving(leaving, found.fit.family)))
        axis = (
            text("chance to stop after a purchase")
            if leaving.unit == "share"
            else text("rate of leaving a year")
        )
        show.chart(drawing.mixing(leaving, show.theme(), axis), "bench.leaving")


def draw_surfaces(found: Bench, chosen: Settings, currency: str) -> None:
    st.subheader(text("What a history means"), anchor=False)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        age = controls.number(
            text("Age of the customers, days"), "bench.age", found.oldest, 1, max(found.oldest, 1), width=220
        )
        of = controls.choice(
            text("Ahead"),
            {"purchases": text("Purchases"), "value": text("Value")},
            "bench.ahead",
            "purchases",
        )
    surface = model_shapes.surface(found, chosen.view, age=int(age))
    left, other = st.columns(2, gap="medium")
    for place, what in ((left, "alive"), (other, of)):
        with place:
            st.markdown(f"**{drawing.title(surface, what)}**")
            show.chart(drawing.surface(surface, what, show.theme(), currency), f"bench.surface.{what}")
    st.caption(show.prose(sentences.once(surface, found.fit.family, currency)))


def draw_customer(found: Bench, chosen: Settings, currency: str) -> None:
    st.subheader(text("One customer"), anchor=False)
    asked = st.text_input(
        text("Customer"),
        key="bench.customer",
        placeholder=text("an id or e-mail; empty shows an example"),
        width=360,
    )
    later(
        text("Following the customer …"),
        lambda answer: _draw_customer(answer, asked, currency),
        customer_timeline.timeline,
        chosen.seen,
        customer=asked,
        model=chosen.model,
        parameters=found.fit.parameters.tolist(),
    )


def _draw_customer(found: customer_timeline.Timeline, asked: str, currency: str) -> None:
    if found.customer is None:
        said = (
            text("Several customers have this in their key: {keys}.", keys=words.listing(found.similar))
            if found.similar
            else text("No customer has this in the id or e-mail: {asked}.", asked=asked)
        )
        st.caption(show.plain(said))
        return
    drawn = line.timeline(found, show.theme(), currency)
    st.caption(show.plain(text("Customer {key}: {said}", key=found.customer, said=drawn.alt)))
    show.chart(drawn, "bench.timeline")


def draw_keeping(found: Bench, chosen: Settings) -> None:
    """A fit to take away, and one to bring back."""
    kept = workspace.snapshot()
    if kept is None:
        return
    st.subheader(text("Keep this fit, or check one"), anchor=False)
    left, other = st.columns(2, gap="medium")
    with left:
        name = st.text_input(
            text("Name of the fit"), value=chosen.title, max_chars=80, key=f"bench.name.{chosen.model}"
        )
        st.download_button(
            text("Save as JSON"),
            data=lambda: saved_fit.saved(
                found,
                chosen.view,
                name=name,
                fingerprint=kept.fingerprint,
                code=workspace.code_version(),
                unit=chosen.unit,
                holdout_days=chosen.holdout,
            ),
            file_name=f"holdfast-fit-{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-').lower() or 'model'}.json",
            mime="application/json",
            key="bench.save",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption(
            text(
                "Model, settings, definitions, the orders’ fingerprint, parameters and log-likelihood: all that is needed to "
                "repeat the fit. No customer is in it."
            )
        )
    with other:
        brought = st.file_uploader(
            text("Check a saved fit"), type="json", key="bench.check", max_upload_size=1
        )
        if brought is not None:
            later(
                text("Fitting again …"),
                _draw_checked,
                saved_fit.check,
                chosen.view,
                written=brought.getvalue().decode("utf-8", errors="replace"),
                fingerprint=kept.fingerprint,
                code=workspace.code_version(),
            )


def _draw_checked(found: saved_fit.Checked) -> None:
    said = show.prose(sentences.checked(found))
    if found.agrees:
        st.success(said)
    else:
        st.warning(said)
    show.table(sentences.differences(found), "bench.checked")
