"""Who the customers are: groups, who brings how much, who slows down, who moved, and each one's card."""

from __future__ import annotations

import streamlit as st

import workspace
from models import migration, order_chance, segment_value, segments, slowing
from models.definitions import Definitions
from models.order_chance import OrderChances
from models.segments import Segments
from pages.common import show
from pages.common.later import later
from pages.worth import customers_card as cards
from pages.worth import customers_sections as sections
from pages.worth import customers_sentences as sentences
from words import text

show.guard("customers")
kept = workspace.snapshot()
currency = kept.currency if kept else ""
view: Definitions = workspace.definitions()
full = show.full()
SCORING = text("Working out each customer’s chance of an order …")

top = st.container()
asked = cards.search()
card = st.container()
groups = st.container()
slow = st.container()
moves = st.container()


def with_chances(chances: OrderChances | None, why: str = "") -> None:
    later(
        text("Putting the customers into groups …"),
        lambda found: with_groups(found, chances, why),
        segments.segments,
        view,
        otherwise=without_groups,
        scored=chances is not None,
        _chances=chances,
    )


def without_chances(why: str) -> None:
    """The score is not there yet (`why` is what is being done), or cannot be made: groups do without."""
    if why == SCORING:
        without_groups(why)
    else:
        with_chances(None, why)


def with_groups(found: Segments, chances: OrderChances | None, why: str) -> None:
    with top:
        show.header(text("Customers"), sentences.answer(found), view=view)
    with card:
        cards.draw(asked, currency, view, found, chances)
    with groups:
        if why:
            st.caption(f":material/info: {show.prose(why)}")
    if not found.alike:
        with_differences(found)


def with_differences(found: Segments) -> None:
    """What needs customers who differ."""
    with groups:
        sections.draw_groups(found, currency, full)
        later(
            text("Adding up what the groups will bring …"),
            lambda value: sections.draw_table(found, value, currency, view, full),
            segment_value.segment_value,
            view,
            otherwise=lambda _: sections.draw_table(found, None, currency, view, full),
            _segments=found,
        )
        if full:
            sections.draw_cuts(found, currency)
    with slow:
        st.subheader(text("Best customers that are slowing"), anchor=False)
        later(
            text("Holding the best customers against their own past …"),
            lambda answer: sections.draw_slowing(answer, currency, full),
            slowing.slowing,
            view,
            _segments=found,
        )
    with moves:
        st.subheader(text("Who moved"), anchor=False)
        back = sections.back_days(found.days)
        if back is None:
            return
        later(
            text("Simulating the same customers without change …"),
            lambda answer: sections.draw_migration(answer, full),
            migration.migration,
            view,
            back_days=back,
            eleven=full,
        )


def without_groups(why: str) -> None:
    with top:
        show.header(text("Customers"), why, view=view)
    with card:
        cards.draw(asked, currency, view)


later(
    SCORING,
    with_chances,
    order_chance.order_chances,
    view,
    otherwise=without_chances,
)
