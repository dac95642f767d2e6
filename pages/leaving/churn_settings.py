"""What can be chosen on the Churn page, and where to go from it."""

from __future__ import annotations

import streamlit as st

import navigation
import words
from models.definitions import Definitions
from pages.common import controls
from words import text

KEY = "churn.days"
OFFERED = (30, 60, 90, 180, 365)
LONGEST = 1825
NEXT = "contact_list"


def horizon(agreed: Definitions, own: int | None) -> Definitions:
    """How long a silence counts as leaving: the shop's `own` days unless the reader asks for another number."""
    options = {
        "": text("{days} (this shop’s own)", days=words.count(own)) if own else text("this shop’s own")
    }
    options |= {str(n): words.count(n) for n in sorted({*OFFERED, *_asked()} - {own})}
    chosen = controls.choice(
        text("Leaving means no order within, days"),
        options,
        KEY,
        "",
        help=text(
            "Any other number of days can stand in the address ({key}=120); the shop’s own is kept in the definitions.",
            key=KEY,
        ),
    )
    return agreed.but(churn_horizon_days=int(chosen)) if chosen else agreed


def _asked() -> set[int]:
    """A number of days that the address asks for, or that was chosen through it."""
    asked = {st.query_params.get(KEY), st.session_state.get(KEY)}
    return {int(a) for a in asked if a and a.isdecimal() and 1 <= int(a) <= LONGEST}


def next_step() -> None:
    """The page on which somebody can act, where there is one."""
    known = {page.address for page in navigation.PAGES}
    if NEXT in known:
        target = navigation.page(NEXT)
        st.page_link(target.path, label=text("Next: whom to contact, and what for"), icon=target.icon)
