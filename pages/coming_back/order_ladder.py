"""Do first buyers become customers: who takes the second step, the third, and where does loyalty begin?"""

from __future__ import annotations

import streamlit as st

import workspace
from charts import order_ladder as drawing
from models import order_ladder
from models.order_ladder_threshold import threshold
from pages.coming_back import order_ladder_sections as sections
from pages.coming_back import order_ladder_sentences as sentences
from pages.common import show
from pages.common.later import later
from words import text

show.guard("order_ladder")
top = st.container()
view = sections.chosen_window(workspace.definitions())


def draw_ladder(found: order_ladder.Ladder) -> None:
    begins = threshold(found)
    with top:
        show.header(text("Order ladder"), sentences.answer(found, begins), *sentences.notes(found))
    for note in found.notes:
        st.warning(show.prose(note), icon=":material/event_busy:")
    if not found.steps:
        return
    shown = sections.shown_steps(found)
    lines = drawing.lines(shown, [sentences.step_name(s.number) for s in shown])
    show.chart(drawing.climbing(lines, sections.days_shown(found), show.theme()), "ladder.climb")
    st.markdown(show.prose(sentences.due(found)))
    sections.next_step(found)
    st.subheader(text("How long it takes"), anchor=False)
    st.caption(sentences.of_days())
    sections.draw_steps(found)
    st.subheader(text("Where loyalty begins"), anchor=False)
    st.markdown(show.prose(sentences.begins(begins)))
    if len(begins.shares) > 1:
        show.chart(drawing.by_order(begins, show.theme()), "ladder.begins")
        st.caption(show.prose(sentences.selection()))
    sections.draw_rest(found, view)


def draw_nothing(why: str) -> None:
    with top:
        show.header(text("Order ladder"), why)


later(
    text("Following customers from order to order …"),
    draw_ladder,
    order_ladder.order_ladder,
    view,
    otherwise=draw_nothing,
)
