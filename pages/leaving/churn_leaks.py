"""The Churn page's suspected leaks: features that tell too well who left, held out until somebody lets them in."""

from __future__ import annotations

import streamlit as st

import words
from models import churn_leaks
from models.churn import Churn
from models.churn_words import name_of
from pages.common import controls, show
from words import text

KEY = "churn.let_in"


def asked() -> tuple[str, ...]:
    """What the reader or the address lets in; a name that is no suspected feature changes nothing."""
    chosen = st.session_state.get(KEY)
    if chosen is None:
        chosen = (st.query_params.get(KEY) or "").split(",")
    return tuple(sorted(set(chosen) & set(churn_leaks.CHECKED)))


def draw(found: Churn) -> None:
    """Each leak in a sentence and, in Full, the control that lets it in."""
    for said in churn_leaks.sentences(found.leaks):
        st.warning(show.prose(said))
    names = {leak.column: name_of(leak.column) for leak in found.leaks}
    if show.full() and (names or KEY in st.query_params):
        controls.several(
            text("Learn from these all the same"),
            names,
            KEY,
            [],
            help=text(
                "Only where you know that it was written down before the customer left, and not afterwards."
            ),
        )
    used = [name for column, name in names.items() if column not in churn_leaks.held_out(found.leaks)]
    if used:
        st.caption(
            show.prose(
                text(
                    "A trial on this page only: every chance here comes from a model that may learn from {names}. The one score, "
                    "which all other pages show, goes on without.",
                    names=words.listing(used),
                )
            )
        )
