"""Who counts as one customer, and what each rule does to the figures."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from models import identity
from pages.common import definitions_form, show
from pages.common.later import later
from pages.start import data_tables
from words import text


def draw() -> None:
    later(text("Trying every rule …"), _draw, identity.effect)


def _draw(effects: tuple[identity.Effect, ...]) -> None:
    names = definitions_form.identities()
    months = workspace.definitions().repeat_window_months
    used = workspace.definitions().identity
    st.caption(
        text(
            "The orders stay as they are; the rule only decides which of them are one person’s. A rule that finds "
            "nobody on an order leaves that order out of every figure about customers."
        )
    )
    frame = pd.DataFrame(
        {
            text("One customer is"): [names[e.rule] for e in effects],
            text("Customers"): [words.count(e.customers) for e in effects],
            text("Orders of nobody"): [words.count(e.orders_without_customer) for e in effects],
            text("Back in {n} months", n=months): [words.estimate(e.repeat_rate) for e in effects],
            text("Used now"): [text("yes") if e.rule == used else "" for e in effects],
        }
    )
    data_tables.draw(frame, "data.identity", figures=[text("Customers"), text("Orders of nobody")])
    st.write(text("Use for my view:"))
    with st.container(horizontal=True):
        for effect in effects:
            if st.button(
                names[effect.rule],
                key=f"data.identity.{effect.rule}",
                disabled=effect.rule == used or not effect.customers,
                help=None if effect.customers else text("This rule finds no customer in these orders."),
            ):
                workspace.set_definitions(workspace.definitions().but(identity=effect.rule))
                st.rerun()
    if workspace.definitions().identity != workspace.saved_definitions().identity and st.button(
        text("Save for the shop"), key="data.identity.save", type="primary"
    ):
        workspace.save_definitions(workspace.saved_definitions().but(identity=used))
        st.rerun()
    st.caption(show.prose(text("Every other choice that the figures depend on is under Definitions.")))
