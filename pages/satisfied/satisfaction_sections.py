"""The Satisfaction page's sections: what is asked, the score, whose score differs, what came after, who answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

import navigation
import words
import workspace
from charts import satisfaction as drawing
from models import satisfaction_groups, satisfaction_orders, satisfaction_response
from models.definitions import Definitions
from models.satisfaction import KINDS
from models.satisfaction_drivers import drivers
from models.satisfaction_groups import Groups
from models.satisfaction_orders import AfterAnswer
from models.satisfaction_people import unhappy_lately
from models.satisfaction_response import Response, of_everybody
from models.satisfaction_trend import WIDTHS, Satisfaction, satisfaction
from pages.common import controls, show
from pages.common.later import later
from pages.satisfied import satisfaction_drivers
from pages.satisfied import satisfaction_sentences as sentences
from pages.satisfied import satisfaction_who as who
from words import text

MOST_INVITED = 1_000_000_000
ALL = "all"


@dataclass(frozen=True)
class Asked:
    """What is looked at: the settings of `satisfaction_trend.satisfaction`."""

    kind: str
    question: str | None = None
    boxes: int | None = None
    effort: bool = False
    months: int | None = None


def chosen(counts: pd.DataFrame, agreed: Definitions) -> Asked:
    """The kind of question, of those that were asked, and what counts as satisfied; in Full also which question and how long a period."""
    known = {kind: sentences.kind_name(kind) for kind in KINDS if kind in set(counts.kind)}
    if not known:
        return Asked("NPS")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = next(iter(known))
        if len(known) > 1:
            kind = controls.choice(text("Question"), known, "satisfaction.kind", kind)
        boxes = _boxes(agreed) if kind == "CSAT" else None
        effort = kind == "CES" and _effort()
        months = _months() if show.full() else None
    question = _question(counts, kind) if show.full() else None
    return Asked(kind, question, boxes, effort, months)


def _boxes(agreed: Definitions) -> int:
    options = {str(n): words.plural("top box", "top {n} boxes", n) for n in (1, 2, 3)}
    default = str(agreed.csat_boxes) if str(agreed.csat_boxes) in options else "2"
    return int(controls.choice(text("Satisfied are"), options, "satisfaction.boxes", default))


def _effort() -> bool:
    options = {"easy": text("high is easy"), "effort": text("high is effort")}
    return controls.choice(text("The scale says"), options, "satisfaction.ces", "easy") == "effort"


def _months() -> int | None:
    names = {1: text("months"), 3: text("quarters"), 12: text("years")}
    options = {"auto": text("as the answers allow"), **{str(w): names[w] for w in WIDTHS}}
    picked = controls.choice(text("Periods"), options, "satisfaction.months", "auto")
    return None if picked == "auto" else int(picked)


def _question(counts: pd.DataFrame, kind: str) -> str | None:
    asked = workspace.ask(satisfaction, kind=kind, _counts=counts).questions
    if len(asked) < 2:
        return None
    options = {ALL: text("all questions of this kind")}
    options |= {
        str(k): text("{question} ({n})", question=name or text("not stated"), n=words.count(n))
        for k, (name, n) in enumerate(asked)
    }
    picked = controls.pick(text("Which question"), options, "satisfaction.question", ALL)
    return None if picked == ALL else asked[int(picked)][0]


def draw_answers(found: Satisfaction) -> None:
    left, right = st.columns([5, 4], gap="medium")
    with left:
        show.chart(drawing.trend(found, show.theme()), "satisfaction.trend")
    with right:
        show.chart(drawing.distribution(found, show.theme()), "satisfaction.scores")
    st.markdown(show.prose(sentences.change(found)))
    said = [sentences.spread(found), sentences.meaning(found), sentences.greyed(found)]
    st.caption(show.prose(" ".join(part for part in said if part)))


def next_step() -> None:
    """To those who were unhappy lately, with their number once it is known."""
    later(
        text("Counting who was unhappy lately …"),
        _contact,
        unhappy_lately,
        workspace.definitions(),
        otherwise=lambda _: _contact(None),
    )


def _contact(unhappy: int | None) -> None:
    if unhappy == 0:
        st.markdown(show.prose(sentences.nobody_unhappy()))
        return
    st.page_link(
        navigation.page("contact_list").path,
        label=sentences.next_step(unhappy),
        help=sentences.lately(),
        query_params={"contacts.reason": "unhappy"} if unhappy else None,
        icon=":material/arrow_forward:",
    )


def draw_rest(found: Satisfaction) -> None:
    """The sections that ask further models."""
    agreed = workspace.definitions()
    st.subheader(text("Does it show in the orders?"), anchor=False)
    later(
        text("Following customers after their answer …"),
        partial(draw_orders, found),
        satisfaction_orders.after_answer,
        agreed,
        scale=found.scale,
        question=found.question,
    )
    st.subheader(text("Whose answers differ"), anchor=False)
    later(
        text("Comparing groups of customers …"),
        partial(draw_groups, found),
        satisfaction_groups.groups,
        agreed,
        scale=found.scale,
        question=found.question,
    )
    if found.scale is not None:
        st.subheader(text("What goes with low scores"), anchor=False)
        later(
            text("Looking for what goes with low scores …"),
            partial(satisfaction_drivers.draw, found.scale),
            drivers,
            agreed,
            scale=found.scale,
            question=found.question,
        )
    st.subheader(text("Who answered, and who did not"), anchor=False)
    later(
        text("Comparing those who answered with the silent …"),
        partial(draw_response, found),
        satisfaction_response.response,
        agreed,
        scale=found.scale,
        question=found.question,
    )


def draw_orders(found: Satisfaction, after: AfterAnswer) -> None:
    if after.why or found.scale is None:
        st.markdown(show.prose(after.why))
        return
    st.markdown(show.prose(who.orders(after, found.scale, who.currency())))
    stratum = None
    if show.full():
        options = {ALL: text("any number"), **{str(k): name for k, name in enumerate(who.strata())}}
        picked = controls.choice(text("Purchases before the answer"), options, "satisfaction.before", ALL)
        stratum = None if picked == ALL else int(picked)
    show.chart(drawing.after_answer(after, found.scale, stratum, show.theme()), "satisfaction.after")
    st.caption(show.prose(who.of_orders(after)))


def draw_groups(found: Satisfaction, groups: Groups) -> None:
    st.markdown(show.prose(who.groups(groups)))
    options = {s.name: who.split_name(s.name) for s in groups.splits if len(s.groups) > 1}
    if not options:
        return
    picked = controls.pick(text("Customers by"), options, "satisfaction.by", next(iter(options)), width=260)
    split = next(s for s in groups.splits if s.name == picked)
    names = [who.group_name(split.name, g, who.currency()) for g in split.groups]
    show.chart(drawing.groups(split, names, found.score, show.theme()), "satisfaction.groups")
    st.caption(show.prose(who.one_split(split, groups)))


def draw_response(found: Satisfaction, response: Response) -> None:
    st.markdown(show.prose(who.response(response)))
    asked = controls.number(
        text("People who were asked"),
        "satisfaction.invited",
        0,
        0,
        MOST_INVITED,
        step=100,
        help=text("How many invitations went out. With it the page says what the silent could change."),
        width=220,
    )
    if asked:
        _worst(found, int(asked))
    frame = pd.DataFrame(
        {
            text("A customer’s"): [who.figure_name(c.name) for c in response.compared],
            text("Answered"): [who.figure(c.answered) for c in response.compared],
            text("Silent"): [who.figure(c.silent) for c in response.compared],
            text("Difference"): [who.figure(c.apart) for c in response.compared],
        }
    )
    if len(frame) and show.full():
        show.table(frame, "satisfaction.silent", column_config=show.right(frame))
        st.caption(show.prose(who.reweighted(response)))


def _worst(found: Satisfaction, invited: int) -> None:
    try:
        rate, ends = of_everybody(found.score, invited)
    except ValueError as wrong:
        st.warning(show.prose(str(wrong)))
        return
    st.markdown(show.prose(who.worst(rate, ends, found.score)))
