"""What does a new customer bring, who is worth what, and how wrong were such forecasts before?"""

from __future__ import annotations

import streamlit as st

import words
import workspace
from charts import lifetime_value as drawing
from models import customer_table, lifetime_value, model_choice, observed_value, tracking, value_groups
from models.definitions import Definitions
from pages.common import controls, show
from pages.common.later import later
from pages.worth import value_sections as sections
from pages.worth import value_sentences as sentences
from words import text

show.guard("lifetime_value")
kept = workspace.snapshot()
currency = kept.currency if kept else ""
agreed: Definitions = workspace.definitions()

top = st.container()
HORIZONS = (3, 6, 12, 24, 36)
months = sorted({*HORIZONS, agreed.ltv_horizon_months})
horizon = controls.choice(
    text("Looking ahead, months"),
    {str(m): words.count(m) for m in months},
    "value.months",
    str(agreed.ltv_horizon_months),
)
view = agreed.but(ltv_horizon_months=int(horizon))
model = sections.chosen_model()


def draw_value(found: lifetime_value.NewCustomer) -> None:
    with top:
        show.header(
            text("Lifetime value"),
            sentences.answer(found, currency, view),
            text("discounted at {rate} a year", rate=words.percent(view.discount_rate, 0)),
        )
    show.chart(drawing.curve(found, show.theme(), currency), "value.curve")
    st.caption(show.prose(sentences.doubt(found, currency)))
    if why := sentences.without_margin(view):
        st.caption(why)
    sections.draw_notes([*found.fit.purchases.notes_, *found.fit.spend.notes])
    st.subheader(text("How wrong such forecasts were"), anchor=False)
    st.markdown(show.prose(sentences.past(found.backtest)))
    sections.draw_origins(found.backtest)
    if show.full():
        sections.draw_parameters(found.fit)


def draw_nothing(why: str) -> None:
    with top:
        show.header(text("Lifetime value"), why)


later(sentences.label(), draw_value, lifetime_value.new_customer, view, otherwise=draw_nothing, **model)

later(
    text("Adding up what customers brought …"),
    lambda found: sections.draw_observed(found, currency, view),
    observed_value.observed_value,
    view,
)

st.subheader(text("Actual against fitted"), anchor=False)
later(
    text("Following the customers through the weeks held back …"),
    sections.draw_tracking,
    tracking.tracking,
    view,
    **sections.holdout(),
    **model,
)
later(text("Trying other models …"), sections.draw_choice, model_choice.choice, agreed)

st.subheader(text("By cohort and channel"), anchor=False)
later(
    text("Adding up what is to come …"),
    lambda found: sections.draw_groups(found, currency, view),
    value_groups.value_groups,
    view,
    by=sections.grouping(),
    **model,
)

st.subheader(text("Customers, best first"), anchor=False)
st.caption(sentences.of_customers(view))
later(
    text("Ranking the customers …"),
    lambda found: sections.draw_customers(found, currency),
    customer_table.ranked,
    view,
    **model,
)
if show.full():
    sections.draw_second_opinion(view)
