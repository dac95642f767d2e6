"""The Churn page's customers: who is at risk, why, and one customer's reasons adding up."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import words
from charts import learning as learned
from models import customers_at_risk
from models.customers_at_risk import AtRisk
from models.definitions import Definitions
from models.order_chance import OrderChances
from pages.common import controls, download, show
from pages.common.later import later
from pages.leaving import churn_sentences as sentences
from words import text


def draw(chances: OrderChances, view: Definitions, let_in: tuple[str, ...] = ()) -> None:
    # Other columns let in make other chances: the question must not have the same key.
    settings: dict[str, Any] = {"allowed": let_in} if let_in else {}
    st.subheader(text("Customers at risk"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = controls.choice(
            text("First come"),
            {"regulars": text("the best of those leaving"), "chance": text("the likeliest to leave")},
            "churn.by",
            "regulars",
            help=text(
                "The best of those leaving: likelier to leave than to stay, with the most purchases so far."
            ),
        )
        search = st.text_input(
            text("Find a customer"),
            key="churn.search",
            placeholder=text("part of an id or e-mail"),
            width=320,
        )
    later(
        text("Finding each customer’s reasons …"),
        lambda found: draw_rows(found),
        customers_at_risk.at_risk,
        view,
        _chances=chances,
        search=search.strip(),
        by=by,
        **settings,
    )


def draw_rows(found: AtRisk) -> None:
    if not found.matching:
        st.caption(
            text("No customer has this in the id or e-mail. Shorten it, or empty the field to see everybody.")
        )
        return
    rows = found.rows
    days = sentences.in_days(found.chances.days)
    shown = pd.DataFrame(
        {
            text("Customer"): rows.customer,
            text("Chance"): [words.percent(v, 0) for v in rows.chance],
            text("Last order"): [words.day(d) for d in rows.last_order],
        }
    )
    for k, title in enumerate((text("First reason"), text("Second reason"), text("Third reason"))):
        if any(len(told) > k for told in found.told):
            shown[title] = [told[k] if len(told) > k else "" for told in found.told]
    shown[text("Purchases")] = [words.count(n) for n in rows.purchases]
    st.caption(
        show.prose(
            text(
                "{shown} of {n} customers, each with the chance of an order within {days} and what moves it most: “raises” and "
                "“lowers” speak of the risk of leaving, beside the shop’s other active customers.",
                shown=words.count(len(rows)),
                n=words.count(found.matching),
                days=days,
            )
        )
    )
    st.dataframe(shown, hide_index=True, key="churn.customers")
    with st.container(horizontal=True):
        download.button(shown, "churn.shown", text("These, with reasons, as CSV"))
        st.download_button(
            text("All customers as CSV"),
            data=lambda: b"".join(download.pieces(found.chunks())),
            file_name="holdfast-churn.csv",
            mime="text/csv",
            key="churn.customers.csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
    if found.reasons is not None and show.full():
        _draw_one(found)


def _draw_one(found: AtRisk) -> None:
    """One customer's contributions, which add up to the score."""
    reasons, names = found.reasons, found.rows.customer.tolist()
    if reasons is None:
        return
    if st.session_state.get("churn.one") not in names:
        st.session_state.pop("churn.one", None)
    row = names.index(
        st.selectbox(text("One customer’s reasons, added up"), names, key="churn.one", width=320)
    )
    st.markdown(
        show.prose(
            text(
                "{customer}: {chance} for an order within {days}.",
                customer=show.plain(names[row]),
                chance=words.percent(found.rows.chance[row], 0),
                days=sentences.in_days(found.chances.days),
            )
        )
    )
    show.chart(learned.waterfall(reasons, row, show.theme()), "churn.reasons")
    st.caption(
        show.prose(
            text(
                "Bars to the right make leaving likelier, bars to the left an order. They begin at the average of {n} active "
                "customers of this shop and end at this customer, in log odds: 0 is an even chance, {nine} means nine in ten leave.",
                n=words.count(reasons.background),
                nine=words.number(2.2, 1),
            )
        )
    )
