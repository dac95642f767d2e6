"""The Satisfaction page's section on what goes with low scores."""

from __future__ import annotations

import streamlit as st

import words
from charts import satisfaction as drawing
from models.estimate import Estimate
from models.satisfaction import Scale
from models.satisfaction_drivers import Drivers, Term
from pages.common import show
from words import plural, text


def draw(scale: Scale, found: Drivers) -> None:
    st.markdown(show.prose(sentence(scale, found)))
    if not found.terms:
        return
    names = [term_name(t) for t in found.terms]
    show.chart(drawing.drivers(found, names, show.theme()), "satisfaction.drivers")
    st.caption(show.prose(explained(scale, found)))


def term_name(term: Term) -> str:
    known = {
        "late": text("late delivery"),
        "days": text("one day longer to delivery"),
        "value": text("twice the order’s value"),
        "refunded": text("money paid back"),
        "earlier": text("one earlier order more"),
    }
    return (
        text("{category} in the order", category=term.label) if term.name == "category" else known[term.name]
    )


def sentence(scale: Scale, found: Drivers) -> str:
    if not found.terms:
        return found.why
    low = text("detractors") if scale.kind == "NPS" else text("unhappy answers")
    clear = [t for t in found.terms if t.beyond_chance]
    looked = plural("{n} comparison", "{n} comparisons", len(found.terms))
    if not clear:
        return text(
            "Nothing known of the orders goes with {low} beyond chance ({looked}, corrected for their number).",
            low=low,
            looked=looked,
        )
    parts = words.listing(
        text("{what} {points}", what=show.plain(term_name(t)), points=points(t.effect)) for t in clear
    )
    return text(
        "Goes with more (+) or fewer {low} among 100 answers: {parts}; {looked}, corrected for their number.",
        low=low,
        parts=parts,
        looked=looked,
    )


def points(e: Estimate) -> str:
    """+42 (19 to 61): more unhappy answers among 100, all else held equal."""
    value, low, high = (words.number(100 * x, 0 if abs(x) >= 0.1 else 1) for x in (e.value, e.low, e.high))
    sign = "+" if e.value > 0 else ""
    return text("{sign}{value} ({low} to {high})", sign=sign, value=value, low=low, high=high)


def explained(scale: Scale, found: Drivers) -> str:
    what = text("0 to 6") if scale.kind == "NPS" else text("not satisfied")
    said = [
        text(
            "More or fewer unhappy answers ({what}) among 100, all others held equal; ▲ marks what is beyond chance. “Goes with”, not “causes”: what is not in the shop’s data is not "
            "held equal. {n} answers that name their order, {share} of them unhappy.",
            what=what,
            n=words.count(found.answers),
            share=words.estimate(found.unhappy),
        )
    ]
    if found.auc.known:
        share = words.estimate(Estimate(**{**vars(found.auc), "unit": "share"}))
        if found.auc.low <= 0.5:
            said.append(
                text(
                    "On customers it had not seen the model tells the unhappy from the others no better than chance: it ranks {share} of pairs right.",
                    share=share,
                )
            )
        else:
            said.append(
                text(
                    "On customers it had not seen the model ranks {share} of pairs of an unhappy and another answer right; a coin half of them.",
                    share=share,
                )
            )
    return " ".join(said)
