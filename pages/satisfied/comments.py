"""What customers write about, how often, and how those who do score."""

from __future__ import annotations

import streamlit as st

import workspace
from models import comments
from models.comments import Comments
from models.definitions import Definitions
from pages.common import show
from pages.common.later import later
from pages.satisfied import comments_sections as sections
from pages.satisfied import comments_sentences as sentences
from words import text

show.guard("comments")
view: Definitions = workspace.definitions()

top = st.container()


def draw(found: Comments) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = sections.language(found)
        asked = sections.measure(found) if shown.themes else None
    with top:
        show.header(text("Comments"), sentences.answer(shown, asked), sentences.note(found))
    if besides := sentences.others(found, shown):
        st.caption(show.prose(besides))
    if shown.themes:
        sections.draw_charts(shown, asked)
        sections.draw_themes(shown, found)
        sections.draw_trend(shown, sentences.telling(shown, asked))
    if show.full() and shown.tried:
        sections.draw_stability(shown)


def draw_nothing(why: str) -> None:
    with top:
        show.header(text("Comments"), why)


later(sentences.label(), draw, comments.comments, view, otherwise=draw_nothing)
sections.draw_search(view)
