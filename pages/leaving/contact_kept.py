"""Lists drawn before: export, what became of each customer, and the read-out of the hold-out group."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pandas as pd
import streamlit as st

import words
import workspace
from data.contacts import STATES, Contacts, Drawn, Member
from models import contact_people, hold_out
from models.contact_export import Program, export, like_formulas, reachable
from models.definitions import Definitions
from models.hold_out import ReadOut, TooEarly
from pages.common import download, show
from pages.leaving import contact_group_sentences as group
from pages.leaving import contact_sentences as sentences
from words import plural, text


def draw(currency: str) -> None:
    """Nothing where no list was drawn yet."""
    kept = workspace.contacts()
    lists = kept.lists() if kept else []
    if kept is None or not lists:
        return
    st.subheader(text("Lists drawn"), anchor=False)
    fresh = st.session_state.pop("contacts.fresh", None)
    if fresh is not None:
        st.success(
            text(
                "List {n} is drawn and kept. Export it here, and come back when its days are over.", n=fresh
            ),
            icon=":material/check:",
        )
    by_number = {one.id: one for one in lists}
    if st.session_state.get("contacts.kept") not in by_number:
        st.session_state["contacts.kept"] = lists[0].id
    number = st.selectbox(
        text("List"),
        list(by_number),
        format_func=lambda n: _title(by_number[n]),
        key="contacts.kept",
        width=520,
    )
    one, members = by_number[number], kept.members(number)
    if one.identity != workspace.definitions().identity:
        st.caption(show.prose(group.other_identity(one.identity)))
    _read_out(kept, one, members, currency)
    _export(one, members)
    _states(kept, one, members)


def _title(one: Drawn) -> str:
    return text(
        "{n} · {day}: {contacted} to contact, {held} held out",
        n=one.id,
        day=words.day(one.day),
        contacted=words.count(one.contacted),
        held=words.count(one.held_out),
    )


def _under(one: Drawn) -> Definitions:
    """The definitions that a list was drawn under, seen through to the newest order."""
    return Definitions.from_json(one.settings["definitions"]).but(observed_until=None)


def _read_out(kept: Contacts, one: Drawn, members: list[Member], currency: str) -> None:
    if not one.held_out:
        st.caption(text("Nobody was held out of this list: what contacting did cannot be told."))
        return
    groups = {
        "contacted": [m.customer for m in members if not m.held_out],
        "held": [m.customer for m in members if m.held_out],
    }
    asked = {"after": one.counts_after, "days": one.days}
    try:
        found: ReadOut = workspace.ask(
            _result, _under(one), number=one.id, early=False, _groups=groups, **asked
        )
    except TooEarly as problem:
        st.info(show.prose(group.too_early(problem)), icon=":material/hourglass_top:")
        snapshot = workspace.snapshot()
        later_orders = (
            snapshot is not None and snapshot.last_day is not None and snapshot.last_day > one.counts_after
        )
        if later_orders and snapshot and st.button(text("Look all the same"), key=f"contacts.early.{one.id}"):
            looks = kept.look(one.id, snapshot.fingerprint)
            found = workspace.ask(_result, _under(one), number=one.id, early=True, _groups=groups, **asked)
            st.warning(show.prose(group.early(looks, found.rate.level)), icon=":material/warning:")
            _outcome(found, currency)
        return
    except ValueError as problem:
        st.warning(show.prose(str(problem)), icon=":material/warning:")
        return
    _outcome(found, currency)


def _result(shop, definitions: Definitions, *, number: int, early: bool, groups, after, days) -> ReadOut:  # noqa: ARG001 (a key)
    return hold_out.read_out(shop, definitions, **groups, after=after, days=days, early=early)


def _outcome(found: ReadOut, currency: str) -> None:
    st.markdown(show.prose(group.outcome(found)))
    st.caption(show.prose(group.money(found, currency)))


def _export(one: Drawn, members: list[Member]) -> None:
    rows = pd.DataFrame([vars(m) for m in members if not m.held_out])
    names = {
        "klaviyo": text("For Klaviyo"),
        "mailchimp": text("For Mailchimp"),
        "plain": text("By customer key"),
    }
    if rows.empty:
        st.caption(text("Everybody on this list is held out: there is nobody to export."))
        return
    found = workspace.ask(
        _people,
        _under(one),
        number=one.id,
        _customers=rows.customer.tolist(),
        _held=[m.customer for m in members if m.held_out],
    )
    everybody = rows.merge(found[~found.barred], on="customer")
    if len(everybody) < len(rows):
        st.caption(
            plural(
                "{n} customer is left out of every file: refused, or has the e-mail address of somebody who refused or is held out.",
                "{n} customers are left out of every file: they refused, or have the e-mail address of somebody who refused or is "
                "held out.",
                len(rows) - len(everybody),
            )
        )
    if everybody.empty:
        return
    can = int(reachable(everybody).sum())
    if not can:
        st.caption(
            text("These orders hold no e-mail addresses: the list can be exported by customer key only.")
        )
    elif can < len(everybody):
        st.caption(
            plural(
                "{n} customer has no usable e-mail address and is left out of what mailing programs read.",
                "{n} customers have no usable e-mail address and are left out of what mailing programs read.",
                len(everybody) - can,
            )
        )
    if odd := int(like_formulas(everybody).sum()):
        st.caption(
            plural(
                "{n} of these addresses begins with a sign that spreadsheets take for a formula (=, + or -): write to it by hand.",
                "{n} of these addresses begin with a sign that spreadsheets take for a formula (=, + or -): write to them by hand.",
                odd,
            )
        )
    programs: tuple[Program, ...] = ("klaviyo", "mailchimp", "plain") if can else ("plain",)
    with st.container(horizontal=True):
        for program in programs:
            st.download_button(
                names[program],
                data=partial(_file, everybody, program),
                file_name=f"holdfast-contacts-{one.id}-{program}.csv",
                mime="text/csv",
                key=f"contacts.{program}.{one.id}",
                icon=":material/download:",
                on_click="ignore",
            )
    st.caption(
        text("Whoever is held out is in none of these files. Do not contact them in another way either.")
    )


def _file(everybody: pd.DataFrame, program: Program) -> bytes:
    return download.safe_csv(export(everybody, program), mark=program == "plain")


def _people(shop, definitions: Definitions, *, number: int, customers, held) -> pd.DataFrame:  # noqa: ARG001 (a key)
    found = contact_people.people(shop, definitions, customers)
    return found.assign(barred=contact_people.barred(shop, definitions, found, held))


def _states(kept: Contacts, one: Drawn, members: list[Member]) -> None:
    names, reasons, todo = sentences.states(), sentences.reasons(), sentences.steps()
    open_to_us = [m for m in members if not m.held_out]
    counts = [f"{names[s]} {words.count(sum(m.state == s for m in open_to_us))}" for s in STATES]
    st.markdown(f"**{text('What became of them')}**: " + " · ".join(counts))
    shown = pd.DataFrame(
        {
            text("Customer"): [m.customer for m in open_to_us],
            text("Reason"): [reasons[m.reason] for m in open_to_us],
            text("Step"): [todo[m.step] for m in open_to_us],
            text("State"): [names[m.state] for m in open_to_us],
            text("Since"): [words.day(m.state_on) if m.state_on else "" for m in open_to_us],
        }
    )
    chosen = st.dataframe(
        shown,
        hide_index=True,
        key=f"contacts.members.{one.id}",
        selection_mode="multi-row",
        on_select="rerun",
        height=280,
    )
    picked = [open_to_us[k].customer for k in chosen["selection"]["rows"]]
    with (
        st.form(f"contacts.mark.{one.id}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        state = st.selectbox(text("State"), list(STATES), index=1, format_func=names.__getitem__, width=180)
        on = st.date_input(text("On"), dt.date.today(), width=160, format=show.date_order())
        said = (
            plural("Set for the {n} chosen", "Set for the {n} chosen", len(picked))
            if picked
            else text("Set for all that are open")
        )
        if st.form_submit_button(said):
            who = picked or [m.customer for m in open_to_us if m.state == "open"]
            kept.mark(one.id, who, state, on if isinstance(on, dt.date) else None)
            st.rerun()
    _won_back(kept, one, open_to_us)


def _won_back(kept: Contacts, one: Drawn, members: list[Member]) -> None:
    """Who ordered since is offered to be marked, not marked in silence."""
    waiting = [m.customer for m in members if m.state in ("contacted", "answered")]
    if not waiting:
        return
    since = workspace.ask(
        _ordered, _under(one), number=one.id, waiting=len(waiting), _customers=waiting, after=one.counts_after
    )
    if since and st.button(
        plural(
            "Mark {n} who ordered since as won back", "Mark {n} who ordered since as won back", len(since)
        ),
        key=f"contacts.won.{one.id}",
    ):
        for day in sorted(set(since.values())):
            kept.mark(one.id, [who for who, when in since.items() if when == day], "won_back", day)
        st.rerun()


def _ordered(shop, definitions: Definitions, *, number, waiting, customers, after):  # noqa: ARG001 (keys)
    return hold_out.ordered_since(shop, definitions, customers=customers, after=after)
