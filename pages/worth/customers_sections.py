"""The Customers page's sections: groups, cut-offs, best customers that slow down, and who moved."""

from __future__ import annotations

from math import isfinite

import pandas as pd
import streamlit as st

import words
import workspace
from charts import segments as drawing
from models.definitions import Definitions
from models.migration import Migration
from models.segment_value import SegmentValue
from models.segments import GROUP_OF, Segments
from models.slowing import Slowing, reason
from pages.common import controls, show
from pages.worth import customers_card as cards
from pages.worth import customers_sentences as sentences
from words import text

SHOWN = 200
COME_WIDTH = 210
LEAST_BEFORE = 30
"""Days of orders before the past day that it takes to speak of groups then."""


def draw_groups(found: Segments, currency: str, full: bool) -> None:
    show.chart(drawing.lanes(found, show.theme(), currency, eleven=full), "customers.groups")
    for said in sentences.reservations(found):
        st.caption(f":material/info: {show.prose(said)}")


def draw_table(
    found: Segments, value: SegmentValue | None, currency: str, view: Definitions, full: bool
) -> None:
    """Without `value` while that is being worked out, or where it cannot be."""
    rows = drawing.ordered(found, value, eleven=full)
    come = [words.estimate(e, currency, 0) for e in rows.to_come] if value else [words.MISSING] * len(rows)
    shown = pd.DataFrame(
        {
            text("Group"): rows.title,
            text("Customers"): rows.customers.map(words.count),
            text("Revenue"): [words.money(v, currency, 0) for v in rows.revenue],
            text("To come"): come,
            text("Ordered since"): [_short(e, 0) for e in rows.kept],
            text("Will not order"): [_short(e, 0) for e in rows.churn],
            text("Average order"): [_short(e, None, currency) for e in rows.average_order],
        }
    )
    # Columns keep the width they had when they were first drawn, and this one is filled later.
    wide = st.column_config.TextColumn(alignment="right", width=COME_WIDTH)
    columns = show.right(shown) | {text("To come"): wide}
    st.dataframe(shown, hide_index=True, key="customers.table", column_config=columns)
    st.caption(show.prose(sentences.of_table(found, view.ltv_horizon_months)))


def _short(e, digits: int | None, currency: str = "") -> str:
    """A dash where it cannot be known: the sentence would not fit into a cell."""
    return words.estimate(e, currency, digits) if e.known else words.MISSING


def draw_cuts(found: Segments, currency: str) -> None:
    st.subheader(text("Where the groups begin"), anchor=False)
    st.markdown(
        text(
            "Shopify-like: the names are Shopify’s, the cut-offs are ours, because Shopify does not publish its own. Scores are "
            "fifths by mid-rank, so that customers who are alike get the same score; a fifth can therefore be empty."
        )
    )
    cuts = found.cuts
    scores = pd.DataFrame(
        {
            text("Score"): [words.count(k) for k in (5, 4, 3, 2)],
            text("Last order, at most days ago"): [_count(v) for v in cuts.silence[::-1]],
            text("Purchases, at least"): [_count(v) for v in cuts.purchases[::-1]],
            text("Money, at least"): [
                words.money(v, currency) if isfinite(v) else words.MISSING for v in cuts.money[::-1]
            ],
        }
    )
    show.table(scores, "customers.cuts", column_config=show.right(scores))
    names = drawing.titles(eleven=True)
    table = pd.DataFrame(
        {
            text("Recency"): [words.count(k) for k in (5, 4, 3, 2, 1)],
            **{
                text("Frequency and money {k}", k=k): [names[GROUP_OF[r - 1, k - 1]] for r in (5, 4, 3, 2, 1)]
                for k in range(1, 6)
            },
        }
    )
    show.table(table, "customers.map")
    st.caption(
        text(
            "Frequency and money: the mean of the two scores, halves rounded up. Who has bought more than once is never New, but "
            "Active."
        )
    )


def _count(value: float) -> str:
    return words.count(value) if isfinite(value) else words.MISSING


def draw_slowing(found: Slowing, currency: str, full: bool) -> None:
    st.markdown(show.prose(sentences.slowing(found)))
    more = len(found.table) - len(found.beyond)
    if more:
        st.caption(show.prose(sentences.may_be_chance(found)))
    rows = found.table if full else found.beyond
    if not len(rows):
        return
    rows = rows.sort_values(["beyond", "a_year"], ascending=False, kind="stable").head(SHOWN)
    shown = pd.DataFrame(
        {
            text("Customer"): rows.customer,
            text("Why"): [reason(row, found.days, currency) for _, row in rows.iterrows()],
            text("Revenue a year"): [words.money(v, currency, 0) for v in rows.a_year],
            text("Repeat purchases"): rows.repeats.map(words.count),
            **(
                {text("Beyond chance"): [text("yes") if b else text("may be chance") for b in rows.beyond]}
                if full
                else {}
            ),
        }
    )
    picked = list(rows.customer)

    def open_card() -> None:
        chosen = st.session_state["customers.slow"].selection.rows
        if chosen:
            customer = picked[chosen[0]]
            cards.choose(customer)
            # The card stands above, out of sight of whoever reads this table.
            said = text("The card of {customer} is open at the top of the page.", customer=customer)
            st.toast(show.plain(said), icon=":material/north:")

    st.dataframe(
        shown,
        hide_index=True,
        key="customers.slow",
        column_config=show.right(shown, 2),
        on_select=open_card,
        selection_mode="single-row",
    )
    st.caption(text("Choose a row to see the customer’s card."))


def back_days(days: int) -> int | None:
    """How far back migration looks: the horizon of the score, or what was chosen; None where the orders do not reach."""
    kept = workspace.snapshot()
    span = (kept.last_day - kept.first_day).days if kept and kept.first_day and kept.last_day else 0
    options = sorted(d for d in {30, 90, 180, 365, days} if d <= span - LEAST_BEFORE)
    if not options:
        st.caption(text("The orders span too few days to compare the groups with earlier ones."))
        return None
    usual = days if days in options else options[-1]
    chosen = controls.choice(
        text("Since how many days"), {str(d): words.count(d) for d in options}, "customers.back", str(usual)
    )
    return int(chosen)


def draw_migration(found: Migration, full: bool) -> None:
    st.markdown(show.prose(sentences.migration(found)))
    show.chart(drawing.migration(found, show.theme()), "customers.migration")
    st.caption(
        text(
            "In each cell the customers seen, and under them how many move where everybody keeps their habits: what chance and "
            "the model’s own error span. With so many cells a few lie outside by luck: a triangle marks the moves that are beyond it."
        )
    )
    said = sentences.flows(found)
    for one in said if full else said[:5]:
        st.markdown(show.prose(one))
    if found.newcomers:
        st.caption(
            words.plural(
                "{n} customer won since then is not in this table.",
                "{n} customers won since then are not in this table.",
                found.newcomers,
            )
        )
