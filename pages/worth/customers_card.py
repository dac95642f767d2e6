"""One customer's card on the Customers page: the search, whose text the address holds, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

import words
from charts import customer_card as drawing
from models import customer_card
from models.customer_card import Card
from models.definitions import Definitions
from models.order_chance import OrderChances
from models.segments import Segments
from pages.common import address, show
from pages.common.later import later
from pages.worth import customers_sentences as sentences
from words import text

KEY = "customers.customer"
MOST_ANSWERS = 8


def search() -> str:
    """Whom to show; empty for nobody."""
    if KEY not in st.session_state and KEY in st.query_params:
        st.session_state[KEY] = st.query_params[KEY]
    asked = st.text_input(
        text("Find a customer"),
        key=KEY,
        placeholder=text("part of an id or e-mail"),
        width=320,
        persist_state="session",
    ).strip()
    address.put(KEY, asked or None)
    return asked


def choose(customer: str) -> None:
    """Show this customer from the next run on; only before the search is drawn."""
    st.session_state[KEY] = customer


def draw(
    asked: str,
    currency: str,
    view: Definitions,
    found: Segments | None = None,
    chances: OrderChances | None = None,
) -> None:
    if not asked:
        return
    later(
        text("Looking the customer up …"),
        lambda answer: draw_card(answer, asked, currency),
        customer_card.card,
        view,
        customer=asked,
        grouped=found is not None,
        _segments=found,
        _chances=chances,
    )


def draw_card(found: Card, asked: str, currency: str, reasons: Sequence[str] = ()) -> None:
    """The card; `reasons` are those that move this customer's chance of an order most."""
    if found.customer is None:
        said = (
            text(
                "Several customers have this in their key: {keys}.",
                keys=words.listing(found.timeline.similar),
            )
            if found.timeline.similar
            else text("No customer has this in the id or e-mail: {asked}.", asked=asked)
        )
        st.caption(show.plain(said))
        return
    with st.container(border=True):
        st.subheader(show.plain(found.customer), anchor=False)
        st.markdown(show.prose("  \n".join(sentences.card(found, currency))))
        if reasons:
            # They name products and channels as the shop's file does.
            st.markdown(
                show.plain(text("What moves this chance most: {reasons}.", reasons=words.listing(reasons)))
            )
        if len(found.timeline.days):
            show.chart(drawing.timeline(found, show.theme(), currency), "customers.timeline")
        if len(found.answers):
            st.caption("  \n".join(show.plain(said) for said in sentences.answers(found)[:MOST_ANSWERS]))
