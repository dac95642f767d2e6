"""The contact list's sections: costs and the profit curve, the customers, the playbook."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

import words
import workspace
from charts import contact_list as drawing
from models import contact_draw, contact_profit
from models.contact_list import REASONS, STAGES, ContactList
from models.contact_playbook import PLACES, STEPS, Step, steps, usual
from models.contact_playbook import playbook as with_changes
from models.contact_profit import Costs, Profit
from models.definitions import Definitions
from pages.common import controls, download, show
from pages.leaving import contact_sentences as sentences
from words import text

SHOWN = 200


def horizon(agreed: Definitions) -> Definitions:
    """In Full, how many days ahead an order counts; otherwise as the shop agreed."""
    if not show.full():
        return agreed
    options = {"": text("the shop’s own"), **{str(n): words.count(n) for n in (30, 60, 90, 180, 365)}}
    chosen = controls.choice(text("An order within, days"), options, "contacts.days", "")
    return agreed.but(churn_horizon_days=int(chosen)) if chosen else agreed


def costs() -> Costs:
    """What a contact and an offer cost, and which share is taken to be saved."""
    with st.container(horizontal=True):
        contact = controls.number(
            text("A contact costs"), "contacts.contact", 1.0, 0.0, 10_000.0, digits=2, step=0.5
        )
        offer = controls.number(
            text("An offer costs, when taken"),
            "contacts.offer",
            10.0,
            0.0,
            100_000.0,
            digits=2,
            width=190,
            help=text(
                "Made where the playbook says “personal offer”; every other step costs a contact only, and “nothing” "
                "costs and saves nothing. Customers who would have ordered anyway take the offer too."
            ),
        )
        saved = controls.number(
            text("Saved, % of those leaving"),
            "contacts.saved",
            30.0,
            1.0,
            99.0,
            width=190,
            help=text(
                "Your assumption, as sure as twenty contacts would make it. A hold-out group measures it."
            ),
        )
    return Costs(contact, offer, saved / 100)


def draw_profit(
    found: ContactList, book: Mapping[str, Step], costs: Costs, currency: str, level: float
) -> Profit:
    profit = contact_profit.profit(found.chance, found.value, costs, steps(found, book), level=level)
    show.chart(drawing.curve(profit, show.theme(), currency), "contacts.curve")
    st.markdown(show.prose(sentences.cut(profit, currency)))
    if show.full() and profit.cut.known:
        st.caption(show.prose(sentences.most(profit, currency)))
    return profit


def playbook() -> dict[str, Step]:
    """The shop's own playbook."""
    kept = workspace.contacts()
    return with_changes(kept.playbook() if kept else {})


def draw_rows(found: ContactList, book: Mapping[str, Step], currency: str, view: Definitions) -> None:
    st.markdown(
        show.prose("\n".join(f"- **{name}**: {said}" for name, said in sentences.by_reason(found, currency)))
    )
    st.caption(show.prose(sentences.at_stake(found.chances.days, view.ltv_horizon_months)))
    if show.full():
        with st.expander(text("What the reasons mean")):
            st.markdown(show.prose("\n".join(f"- {meaning}" for meaning in sentences.meanings(found))))
    names, stages, todo = sentences.reasons(), sentences.stages(), sentences.steps()
    with st.container(horizontal=True):
        reason = controls.pick(
            text("Reason"),
            {"": text("all"), **{r: names[r] for r in REASONS}},
            "contacts.reason",
            "",
            width=190,
        )
        stage = controls.pick(
            text("Stage"),
            {"": text("all"), **{s: stages[s] for s in STAGES}},
            "contacts.stage",
            "",
            width=210,
        )
        search = st.text_input(
            text("Find a customer"),
            key="contacts.search",
            placeholder=text("part of an id or e-mail"),
            width=240,
        )
    rows = found.find(search, reason, stage)
    if not len(rows):
        st.caption(text("Nobody on the list fits. Choose another reason or stage, or empty the search."))
        return
    step = steps(found, book)
    each = found.rows(rows[:SHOWN], view.level)
    kept = workspace.contacts()
    listed = kept.standing(each.customer.tolist()) if kept else {}
    shown = pd.DataFrame(
        {
            text("Customer"): each.customer,
            text("Reason"): [
                words.listing([names[r.reason], *(names[o] for o in r.also)]) for r in each.itertuples()
            ],
            text("Stage"): each.stage.map(stages),
            text("Step"): [todo[step[k]] for k in rows[:SHOWN]],
            text("At stake"): [words.money(v, currency, fixed=True) for v in each.stake],
            text("Chance of an order"): [words.percent(v, 0) for v in each.chance],
            text("Next order"): [
                sentences.next_order(found.base.end, r.next, r.next_low, r.next_high)
                for r in each.itertuples()
            ],
            text("Silent, days"): each.silent.map(words.count),
            text("List"): [sentences.standing(listed.get(customer)) for customer in each.customer],
        }
    )
    st.caption(
        text(
            "{shown} of {n} shown, most at stake first.",
            shown=words.count(len(each)),
            n=words.count(len(rows)),
        )
    )
    st.dataframe(shown, hide_index=True, key="contacts.list", column_config=show.right(shown, 4))
    # A key can be an e-mail: a file of keys is a mailing list.
    free = contact_draw.may_be_written_to(found, rows[:SHOWN], kept.held_out() if kept else ())
    if not free.all():
        st.caption(show.prose(sentences.not_in_file(int((~free).sum()))))
    if free.any():
        download.button(shown[free], "contacts.list")


def draw_playbook(book: Mapping[str, Step]) -> None:
    """What is done for whom, and a way to change it for everyone."""
    names, stages, bands, todo = (
        sentences.reasons(),
        sentences.stages(),
        sentences.bands(),
        sentences.steps(),
    )
    with st.expander(text("Playbook: the step for each stage and reason")), st.form("playbook", border=False):
        chosen: dict[str, str] = {}
        for stage in STAGES:
            st.markdown(f"**{stages[stage]}**")
            places = [p for p in PLACES if p.startswith(f"{stage}.")]
            columns = st.columns(2)
            for number, place in enumerate(places):
                _, reason, band = place.split(".")
                with columns[number % 2]:
                    chosen[place] = st.selectbox(
                        text("{reason}, {band}", reason=names[reason], band=bands[band]),
                        list(STEPS),
                        index=STEPS.index(book[place]),
                        format_func=todo.__getitem__,
                        key=f"playbook.{place}",
                    )
        if st.form_submit_button(text("Keep this playbook")):
            kept = workspace.contacts()
            if kept is not None:
                kept.save_playbook({p: s for p, s in chosen.items() if s != usual(p)})
                st.rerun()
