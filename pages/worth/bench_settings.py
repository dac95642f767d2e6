"""What an analyst may set on the model bench; everything lives in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

import workspace
from models.btyd.families import BG_NBD, FAMILIES
from models.definitions import Definitions
from models.model_bench import Window, window
from pages.common import controls, show
from words import text

LONGEST_HORIZON = 60


@dataclass(frozen=True)
class Settings:
    """`counts` are the definitions of what is counted (the period); `seen` has the margin too, which only money depends
    on, and `view` the horizon and the discount rate, which no fit depends on: so little is asked anew."""

    model: str
    unit: str
    penalizer: float
    holdout: int
    counts: Definitions
    seen: Definitions
    view: Definitions

    @property
    def title(self) -> str:
        return FAMILIES[self.model].title

    @property
    def fit(self) -> dict[str, Any]:
        """The settings of every question about the fitted model."""
        return {"model": self.model, "penalizer": self.penalizer}


def draw() -> Settings:
    """Plain leaves one choice, the model; the rest is as the shop's definitions have it."""
    agreed = workspace.definitions()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        model = controls.choice(
            text("Model"), {name: f.title for name, f in FAMILIES.items()}, "bench.model", BG_NBD.name
        )
        if not show.full():
            return Settings(model, "days", 0.0, _window(agreed).holdout, agreed, agreed, agreed)
        unit = controls.choice(
            text("Time unit"),
            {"days": text("Days"), "weeks": text("Weeks")},
            "bench.unit",
            "days",
            help=text(
                "Only the unit in which parameters and log-likelihoods are printed: the fit does not depend on it."
            ),
        )
        months = controls.number(
            text("Horizon, months"), "bench.months", agreed.ltv_horizon_months, 1, LONGEST_HORIZON
        )
        rate = controls.number(
            text("Discount, % a year"),
            "bench.discount",
            agreed.discount_rate * 100,
            0,
            100,
            digits=1,
        )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        counts = _period(agreed)
        spell = _window(counts)
        holdout = controls.number(
            text("Days held back"),
            "bench.holdout",
            spell.holdout,
            7,
            spell.longest,
            help=text("The last days, which the models do not see before they are tested on them."),
        )
        penalizer = controls.number(
            text("Penaliser"),
            "bench.penalizer",
            0.0,
            0.0,
            10.0,
            digits=4,
            step=0.001,
            help=text(
                "penalizer_coef, as lifetimes has it: it draws large parameters towards 0. 0 is maximum likelihood."
            ),
        )
        seen = _margin(counts)
    view = seen.but(ltv_horizon_months=int(months), discount_rate=round(rate / 100, 6))
    return Settings(model, unit, penalizer, int(holdout), counts, seen, view)


def _window(definitions: Definitions) -> Window:
    return workspace.ask(window, definitions)


def _period(agreed: Definitions) -> Definitions:
    """The days observed; those of the whole data set are the ends between which they can be chosen."""
    whole = _window(agreed.but(observed_from=None, observed_until=None))
    now = _window(agreed)
    low, high = min(whole.first, now.first), max(whole.last, now.last)
    first = controls.day(text("Observed from"), "bench.from", now.first, low, high)
    until = controls.day(text("Observed until"), "bench.until", now.last, low, high)
    if first > until:
        st.warning(text("The period ends before it begins, so the shop’s own period is shown."))
        return agreed
    return agreed.but(
        observed_from=agreed.observed_from if first == now.first else first,
        observed_until=agreed.observed_until if until == now.last else until,
    )


def _margin(seen: Definitions) -> Definitions:
    """A margin makes values profit; 0 leaves them sales."""
    default = (seen.margin or 0.0) * 100 if seen.revenue == "margin" else 0.0
    chosen = controls.number(
        text("Margin, %"),
        "bench.margin",
        default,
        0,
        100,
        digits=1,
        help=text("What is left of net sales. Values are then profit; with 0 they are sales."),
    )
    if chosen == default:
        return seen
    if chosen:
        return seen.but(revenue="margin", margin=round(chosen / 100, 6))
    return seen.but(revenue="net")
