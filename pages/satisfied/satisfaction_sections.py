"""The Satisfaction page's sections: what is asked, the score by period and by answer."""

from __future__ import annotations

import streamlit as st

import navigation
from charts import satisfaction as drawing
from models.satisfaction_trend import Satisfaction
from pages.common import controls, show
from pages.satisfied import satisfaction_sentences as sentences
from words import text


def chosen_kind(found: Satisfaction) -> str:
    """The kind of question looked at, of those that were asked; the one with most answers first."""
    known = {kind: sentences.kind_name(kind) for kind, _ in found.kinds if kind in ("NPS", "CSAT", "CES")}
    first = "NPS" if "NPS" in known else next(iter(known), "NPS")
    if len(known) < 2:
        return first
    return controls.choice(text("Question"), known, "satisfaction.kind", first)


def draw_answers(found: Satisfaction) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show.chart(drawing.trend(found, show.theme()), "satisfaction.trend")
    with right:
        show.chart(drawing.distribution(found, show.theme()), "satisfaction.scores")
    st.markdown(show.prose(sentences.change(found)))
    st.caption(
        show.prose(" ".join([sentences.spread(found), sentences.meaning(found), sentences.greyed(found)]))
    )


def next_step() -> None:
    """To those who were unhappy lately."""
    st.page_link(
        navigation.page("contact_list").path,
        label=text("Next: call those who were unhappy lately"),
        icon=":material/arrow_forward:",
    )
