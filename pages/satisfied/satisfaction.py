"""How satisfied are customers, is the last change more than noise, and does it show in their orders?"""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

import workspace
from models.satisfaction_trend import Satisfaction, answer_counts, satisfaction
from pages.common import show
from pages.satisfied import satisfaction_sections as sections
from pages.satisfied import satisfaction_sentences as sentences
from words import text

show.guard("satisfaction")
top = st.container()
view = workspace.definitions()
counts = workspace.ask(answer_counts)
asked = sections.chosen(counts, view)
found: Satisfaction = workspace.ask(satisfaction, _counts=counts, **asdict(asked))
with top:
    show.header(text("Satisfaction"), sentences.answer(found, asked.kind), *sentences.notes(found))
if found.scale is not None:
    sections.draw_answers(found)
    sections.next_step()
    sections.draw_rest(found)
