"""Which model describes this shop, what does it say, and how much does it matter?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import workspace
from models import model_bench, model_choice, tracking
from models.backtest import Backtest
from models.model_bench import Bench
from models.model_choice import Choice
from pages.common import show
from pages.common.later import later
from pages.worth import bench_covariates as covariates
from pages.worth import bench_sections as sections
from pages.worth import bench_sentences as sentences
from pages.worth import bench_settings as settings
from pages.worth import bench_shapes as shapes
from words import text

show.guard("model_bench")
kept = workspace.snapshot()
currency = kept.currency if kept else ""

top = st.container()
chosen = settings.draw()


def draw_header(sentence: str) -> None:
    with top:
        show.header(text("Model bench"), sentence, view=chosen.view)


def draw_bench(found: Bench) -> None:
    """Everything: without a fit there is nothing to compare or to test."""
    comparison, fit, origins, followed, sources = (st.container() for _ in range(5))
    with comparison:
        later(
            text("Fitting every model, with some days held back …"),
            lambda answer: draw_choice(answer, found),
            model_choice.choice,
            chosen.counts,
            otherwise=draw_header,
            holdout_days=chosen.holdout,
        )
    if show.full():
        with fit:
            sections.draw_fit(found, chosen, currency)
    with origins:
        st.subheader(text("{model} held against the past", model=chosen.title), anchor=False)
        later(
            text("Forecasting from past days …"),
            lambda answer: draw_past(answer, found, sources),
            model_bench.past,
            chosen.seen,
            **chosen.fit,
        )
    with followed:
        later(
            text("Following the customers through the days held back …"),
            sections.draw_followed,
            tracking.tracking,
            chosen.counts,
            holdout_days=chosen.holdout,
            **chosen.fit,
        )
    if show.full():
        shapes.draw_mixing(found)
        shapes.draw_surfaces(found, chosen, currency)
        covariates.draw_covariates(chosen)
        shapes.draw_customer(found, chosen, currency)
        shapes.draw_keeping(found, chosen)


def draw_choice(found: Choice, bench: Bench) -> None:
    draw_header(sentences.recommendation(found))
    sections.draw_comparison(found, bench, chosen)


def draw_past(found: Backtest, bench: Bench, place: DeltaGenerator) -> None:
    """The past forecasts; and in `place` what their errors add to the next one."""
    sections.draw_origins(found, currency)
    if show.full():
        with place:
            sections.draw_sources(bench, found, chosen, currency)


later(
    text("Fitting {model} …", model=chosen.title),
    draw_bench,
    model_bench.bench,
    chosen.seen,
    otherwise=draw_header,
    **chosen.fit,
)
if not show.full():
    st.caption(text("Parameters, intervals and every setting are in the Full view."))
