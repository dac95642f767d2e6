"""Whom to contact this afternoon, what for, and how to find out whether it did any good."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

import workspace
from models import contact_list
from models.backtest import Backtest, rolling
from models.contact_list import ContactList
from models.definitions import Definitions
from models.order_chance import OrderChances, order_chances
from models.segments import segments
from models.slowing import Slowing, slowing
from pages.common import show
from pages.common.later import later
from pages.leaving import contact_draw, contact_kept, contact_sections
from pages.leaving import contact_sentences as sentences
from words import text

show.guard("contact_list")
kept = workspace.snapshot()
currency = kept.currency if kept else ""
agreed: Definitions = workspace.definitions()

top = st.container()
view = contact_sections.horizon(agreed)


def draw_list(found: ContactList) -> None:
    with top:
        show.header(text("Contact list"), sentences.answer(found, currency), sentences.horizon(found.chances))
    if not len(found.at):
        st.info(show.prose(sentences.nobody(found)), icon=":material/check_circle:")
        return
    costs = contact_sections.costs()
    book = contact_sections.playbook()
    profit = contact_sections.draw_profit(found, book, costs, currency, view.level)
    st.caption(f":material/balance: {show.prose(sentences.persuadable())}")
    st.subheader(text("The list"), anchor=False)
    contact_sections.draw_rows(found, book, currency, view)
    contact_sections.draw_playbook(book)
    st.subheader(text("Draw a list, with a hold-out group"), anchor=False)
    contact_draw.draw(found, book, profit, view)


def draw_scores(chances: OrderChances) -> None:
    later(sentences.testing(), partial(draw_tested, chances), rolling, agreed, otherwise=draw_nothing)


def draw_tested(chances: OrderChances, past: Backtest) -> None:
    """The best customers who slow down are named on the Customers page: they are on this list too."""
    asked = {"_chances": chances, "_past": past}
    draw = partial(draw_listed, asked)

    def without(why: str) -> None:
        """Groups are still being made, or there are too few customers for any: then nobody is one of the best."""
        # A statement, not `a if b else c`: Streamlit would write such an expression's value on the page.
        if why == sentences.slowing():
            draw_nothing(why)
        else:
            draw(None)

    later(
        sentences.slowing(),
        lambda found: later(sentences.slowing(), draw, slowing, view, otherwise=without, _segments=found),
        segments,
        view,
        otherwise=without,
        scored=True,
        _chances=chances,
    )


def draw_listed(asked: dict[str, Any], slow: Slowing | None) -> None:
    later(
        sentences.label(),
        draw_list,
        contact_list.contact_list,
        view,
        otherwise=draw_nothing,
        _slow=slow,
        **asked,
    )


def draw_nothing(why: str) -> None:
    with top:
        show.header(text("Contact list"), why)


# How wrong such forecasts were is worked out meanwhile.
workspace.ask_in_background(rolling, sentences.testing(), agreed)
later(sentences.scoring(), draw_scores, order_chances, view, otherwise=draw_nothing)
contact_kept.draw(currency)
