"""How many customers will not order again in time, who they are, and why the model thinks so?"""

from __future__ import annotations

import streamlit as st

import workspace
from charts import churn as drawing
from models import churn_horizon, customers_at_risk
from models.churn import Churn
from models.definitions import Definitions
from models.order_chance import OrderChances
from pages.common import show
from pages.common.later import later
from pages.leaving import (
    churn_asked,
    churn_customers,
    churn_labelled,
    churn_leaks,
    churn_proof,
    churn_settings,
)
from pages.leaving import churn_sentences as sentences
from words import text

show.guard("churn")
agreed: Definitions = workspace.definitions()
let_in = churn_leaks.asked()
top, choices, main, leaks, proof, customers, contracts = (st.container() for _ in range(7))


def with_horizon(proposed: churn_horizon.Horizon) -> None:
    with choices:
        view = churn_settings.horizon(agreed, proposed.days)
    churn_asked.score(
        lambda chances, found: draw(chances, found, proposed, view),
        view,
        lambda why: draw_nothing(why, view),
        let_in,
    )


def without_horizon(why: str) -> None:
    # A horizon longer than the data can be changed; while the proposal is worked out there is nothing to choose yet.
    if why == sentences.proposing():
        draw_nothing(why, agreed)
        return
    with choices:
        view = churn_settings.horizon(agreed, agreed.churn_horizon_days)
    if view == agreed:
        draw_nothing(why, view)
        return
    churn_asked.score(
        lambda chances, found: draw(chances, found, None, view),
        view,
        lambda why: draw_nothing(why, view),
        let_in,
    )


def draw(
    chances: OrderChances, found: Churn | None, proposed: churn_horizon.Horizon | None, view: Definitions
) -> None:
    bands = customers_at_risk.bands(chances, view)
    with top:
        show.header(
            text("Churn"), sentences.answer(chances, found), sentences.counted(chances, view), view=view
        )
    with main:
        show.chart(drawing.bands(bands, chances.days, show.theme()), "churn.bands")
        st.caption(show.prose(sentences.definition(chances, proposed)))
        churn_settings.next_step()
    with leaks:
        if found is not None:
            churn_leaks.draw(found)
    with proof:
        if found is not None:
            churn_proof.draw(found)
            churn_proof.draw_notes(found)
    with customers:
        churn_customers.draw(chances, view, let_in)


def draw_nothing(why: str, view: Definitions) -> None:
    with top:
        show.header(text("Churn"), why, view=view)


later(sentences.proposing(), with_horizon, churn_horizon.horizon, agreed, otherwise=without_horizon)

with contracts:
    st.subheader(text("Data with contracts"), anchor=False)
    churn_labelled.draw()
