"""Drawing a list: who is eligible, how many, and who is held out to see what would have happened anyway."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

import streamlit as st

import words
import workspace
from data.contacts import Candidate
from models import contact_draw, hold_out
from models.contact_draw import Consent, Eligible
from models.contact_list import ContactList
from models.contact_playbook import Step, steps
from models.contact_profit import Profit
from models.definitions import Definitions
from pages.common import controls, show
from pages.leaving import contact_group_sentences as group
from pages.leaving import contact_sentences as sentences
from words import plural, text

REST_DAYS = 90


def draw(found: ContactList, book: Mapping[str, Step], profit: Profit, view: Definitions) -> None:
    kept = workspace.contacts()
    if kept is None:
        return
    rest = int(
        controls.number(text("Not again within, days"), "contacts.rest", REST_DAYS, 1, 730, width=190)
        if show.full()
        else REST_DAYS
    )
    if stale := sentences.stale(found.base.end, dt.date.today()):
        st.caption(f":material/event_busy: {show.prose(stale)}")
    given, refused, unknown = contact_draw.known(found)
    consent = _consent(given, refused, unknown)
    step = steps(found, book)
    who = contact_draw.eligible(found, step, kept.resting(found.base.end, rest), consent)
    st.caption(show.prose(_left_out(who, rest)))
    if strange := kept.strange(view.identity, found.base.end, rest):
        st.warning(show.prose(group.nobody_rests(strange)), icon=":material/warning:")
    if not len(who.rows):
        st.info(show.prose(_why_nobody(who)), icon=":material/info:")
        return
    worth = contact_draw.worth_it(who, profit)
    if not worth:
        st.info(show.prose(group.none_pays(profit)), icon=":material/info:")
    _follow("contacts.n", worth)
    with st.container(horizontal=True):
        n = int(controls.number(text("Customers to draw"), "contacts.n", worth, 0, len(who.rows), width=170))
        rows = who.rows[:n]
        base = contact_draw.mean_chance(found, rows)
        proposed = hold_out.propose(n, base, profit.costs.saved, level=view.level)
        percent = round(proposed.share * 100)
        _follow("contacts.share", percent)
        share = controls.number(text("Held out, %"), "contacts.share", percent, 0, 50, width=120)
        seed = int(
            controls.number(text("Seed"), "contacts.seed", 1, 0, 999_999, width=120) if show.full() else 1
        )
    if not n:
        return
    if n > worth:
        st.caption(show.prose(group.beyond(n - worth)))
    shown = hold_out.of_share(n, share / 100, base, proposed.effect, view.level)
    if share:
        st.markdown(show.prose(group.power(shown, n, view.level)))
    else:
        st.warning(
            text("Without a hold-out group nobody will know whether contacting did anything."),
            icon=":material/warning:",
        )
    if st.button(text("Draw this list"), type="primary", key="contacts.draw", icon=":material/checklist:"):
        _keep(found, step, rows, share / 100, seed, rest, view, consent)


def _follow(key: str, proposed: int) -> None:
    """A number that stands as it was proposed follows a new proposal; one that was chosen stays."""
    before = st.session_state.get(f"{key}.proposed")
    if before is not None and before != proposed and st.session_state.get(key) == before:
        del st.session_state[key]
    st.session_state[f"{key}.proposed"] = proposed


def _consent(given: int, refused: int, unknown: int) -> Consent:
    """Whose consent is needed; what the data knows of it is said first."""
    if not given and not refused:
        said = text(
            "Consent: this data set does not say who on the list agreed to be written to. It is not assumed: choose below, and respect what "
            "you know elsewhere."
        )
    elif not unknown:
        said = text(
            "Consent: of those on the list {given} agreed, {refused} refused. Who refused is never drawn.",
            given=words.count(given),
            refused=words.count(refused),
        )
    else:
        said = text(
            "Consent: of those on the list {given} agreed, {refused} refused, of {unknown} nothing is known. Who refused is never drawn.",
            given=words.count(given),
            refused=words.count(refused),
            unknown=words.count(unknown),
        )
    st.caption(show.prose(said))
    options: dict[Consent, str] = {
        "given": text("only who agreed"),
        "not_refused": text("also where nothing is known"),
    }
    return controls.choice(text("May be contacted"), options, "contacts.consent", "given")


def _left_out(who: Eligible, rest: int) -> str:
    said = [
        plural(
            "{n} was listed within {days} days", "{n} were listed within {days} days", who.resting, days=rest
        ),
        plural("the playbook has nothing for {n}", "the playbook has nothing for {n}", who.nothing),
        plural("{n} refused", "{n} refused", who.refused),
        plural("{n} never said", "{n} never said", who.unknown),
        plural(
            "{n} has the e-mail address of a customer further up",
            "{n} have the e-mail address of a customer further up",
            who.shared,
        ),
    ]
    counts = (who.resting, who.nothing, who.refused, who.unknown, who.shared)
    some = [s for s, n in zip(said, counts, strict=True) if n]
    can = plural("{n} customer can be drawn.", "{n} customers can be drawn.", len(who.rows))
    return f"{can} " + (text("Left out: {why}.", why=words.listing(some)) if some else "")


def _why_nobody(who: Eligible) -> str:
    if who.unknown:
        return text(
            "Nobody is left to draw, because nobody is known to have agreed. If you keep consent elsewhere, or call instead of "
            "writing, choose “also where nothing is known”."
        )
    if who.resting:
        return text(
            "Nobody is left to draw: whoever may be contacted was listed not long ago, and is left in peace."
        )
    return text("Nobody is left to draw.")


def _keep(
    found: ContactList,
    step: list[Step],
    rows,
    share: float,
    seed: int,
    rest: int,
    view: Definitions,
    consent: Consent,
) -> None:
    book, kept = workspace.contacts(), workspace.snapshot()
    if book is None or kept is None:
        return
    settings = {
        "definitions": view.to_json(),
        "identity": view.identity,
        "fingerprint": kept.fingerprint,
        "model": found.chances.model,
        "share": share,
        "rest_days": rest,
        "consent": consent,
        "customers": len(rows),
    }
    # A second click before the page has drawn itself again asks for the same list, and finds it.
    token = hashlib.sha256(f"{sorted(settings.items())} {seed} {len(book.lists())}".encode()).hexdigest()
    members = [Candidate(**one) for one in contact_draw.drawn(found, step, rows, share, seed)]
    try:
        drawn = book.draw(
            members,
            token=token,
            day=found.base.end,
            days=found.chances.days,
            seed=seed,
            settings=settings,
            rest_days=rest,
        )
    except ValueError as problem:
        st.error(show.prose(str(problem)))
        return
    st.session_state["contacts.kept"] = st.session_state["contacts.fresh"] = drawn.id
    st.rerun()
