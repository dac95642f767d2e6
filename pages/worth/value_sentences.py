"""Lifetime value in sentences, for its own page and for the overview."""

from __future__ import annotations

from math import isfinite

import pandas as pd

import jobs
import words
import workspace
from charts.value_groups import labels
from models import lifetime_value
from models.backtest import Backtest, Origin
from models.btyd.families import MBG_NBD, PARETO_NBD, Family
from models.customer_base import Fit
from models.definitions import Definitions
from models.lifetime_value import NewCustomer
from models.model_choice import Choice
from models.value_groups import ValueGroups
from words import plural, text


def label() -> str:
    return text("Fitting the shop’s purchases, and testing the fit on its past …")


def of_new_customer() -> jobs.Job:
    """The job that works out the value of a new customer; a small shop's is over in a moment."""
    return workspace.ask_in_background(lifetime_value.new_customer, label())


def answer(found: NewCustomer, currency: str, view: Definitions) -> str:
    return text(
        "A new customer brings {value} within {months}, {first} of it with the first purchase.",
        value=words.estimate(found.total, currency),
        months=plural("{n} month", "{n} months", view.ltv_horizon_months),
        first=words.value(found.first, currency),
    )


def doubt(found: NewCustomer, currency: str) -> str:
    """Which errors are in the interval."""
    model, parameters = found.sources["model"], found.sources["parameters"]
    if found.backtest.model_error is None:
        return found.backtest.why
    return text(
        "In the interval: how wrong the same forecast was on this shop’s past (±{model}), and what the data leave open "
        "about the parameters (±{parameters}), one standard deviation each.",
        model=words.money(model, currency),
        parameters=words.money(parameters, currency),
    )


def without_margin(view: Definitions) -> str:
    """That value is sales, not profit, where nobody has said what is left of them."""
    if view.margin is not None:
        return ""
    return text(
        "This is sales, not profit: nobody has entered the shop’s margin. It can be entered in Definitions."
    )


def of_customers(view: Definitions) -> str:
    """What the columns of the table of customers are, and which intervals apply to them."""
    return text(
        "What each is expected to bring in {months}, discounted. In brackets: what the customer may do, and bring, in {share} "
        "of cases: chance, given the parameters. It is wide, because a single customer is hard to foretell; the interval of "
        "all together is narrow, and holds the model’s own error too.",
        months=plural("{n} month", "{n} months", view.ltv_horizon_months),
        share=words.percent(view.level, 0),
    )


def recommended(found: Choice) -> str:
    """Which model tells the shop best, and whether that matters."""
    best, days = found.table.iloc[0], words.count(found.days)
    if len(found.table) == 1:
        return text(
            "Only {best} could be fitted here; there is nothing to compare it with.", best=best["title"]
        )
    second = found.table.iloc[1]
    if not found.certain:
        return text(
            "Held against the last {days} days, {best} and {second} tell this shop’s purchases equally well: the difference is "
            "within chance, and either may be used.",
            days=days,
            best=best["title"],
            second=second["title"],
        )
    if not found.matters:
        return text(
            "Held against the last {days} days, {best} tells this shop’s purchases best, but all models forecast the same total "
            "to within 2%: the choice does not matter.",
            days=days,
            best=best["title"],
        )
    return text(
        "Held against the last {days} days, {best} tells this shop’s purchases best: it missed their total by {error}, {second} "
        "by {other}. The model bench shows them side by side; in Full the model can be chosen here.",
        days=days,
        best=best["title"],
        error=signed(best["error"]),
        second=second["title"],
        other=signed(second["error"]),
    )


def by_group(found: ValueGroups, currency: str, view: Definitions) -> str:
    rows = found.table
    best = int(pd.Series([e.value for e in rows.to_come]).idxmax())
    return text(
        "Most is still to come from {group}: {estimate} a customer within {months}.",
        group=labels(found, view.period)[best],
        estimate=words.estimate(rows.to_come[best], currency),
        months=plural("{n} month", "{n} months", view.ltv_horizon_months),
    )


def past(found: Backtest) -> str:
    """How wrong the last forecasts were, beside the better of the naive guesses."""
    if not found.origins:
        return found.why
    last: Origin = found.origins[-1]
    rows = text(
        "From {origin}, {days} days ahead: {forecast} repeat purchases forecast, {actual} came ({error}). That interval holds the parameters and chance alone: what "
        "it misses by is the model’s own error, which widens every forecast shown.",
        origin=words.day(last.origin),
        days=words.count(last.days),
        forecast=words.estimate(last.purchases.forecast, digits=0),
        actual=words.count(last.purchases.actual),
        error=signed(last.purchases.error),
    )
    return text(
        "{rows} The better of two naive guesses (everybody at the average rate; everybody at their own past rate) missed by {naive}.",
        rows=rows,
        naive=signed(last.purchases.missed(last.purchases.best_naive)),
    )


def signed(share: float) -> str:
    """With its sign; a dash where a share of nothing has no size."""
    if not isfinite(share):
        return "–"
    return ("+" if share >= 0 else "−") + words.percent(abs(share))


def parameters(fit: Fit) -> list[tuple[str, str]]:
    """Each parameter's name and what it means in this shop."""
    r, alpha, *leaving = fit.parameters
    said = [
        (
            text("How often they buy"),
            text(
                "An active customer makes {rate} repeat purchases a year on average; rates differ widely between customers "
                "(the smaller r = {r}, the wider).",
                rate=words.number(r / alpha * 365),
                r=words.number(r, 3),
            ),
        ),
        (text("How they leave"), _leaving(fit.family, *leaving)),
    ]
    if fit.spend.model is not None:
        p, q, v = fit.spend.parameters
        said.append(
            (
                text("What they spend"),
                text(
                    "Customers differ in what a purchase of theirs brings, and each one’s purchases vary around their own mean "
                    "(p = {p}, q = {q}, v = {v}).",
                    p=words.number(p, 3),
                    q=words.number(q, 3),
                    v=words.number(v, 2),
                ),
            )
        )
    return said


def _leaving(family: Family, first: float, second: float) -> str:
    """What the two parameters of dropout say."""
    if family is PARETO_NBD:
        return text(
            "A customer stops for good at any moment, at a rate of {rate} a year on average (s = {s}, β = {beta} days).",
            rate=words.number(first / second * 365, 3),
            s=words.number(first, 3),
            beta=words.number(second, 1),
        )
    share, a, b = words.percent(first / (first + second)), words.number(first, 3), words.number(second, 3)
    if family is MBG_NBD:
        return text(
            "After any purchase, the first included, a customer stops for good with probability {p} on average (a = {a}, b = {b}).",
            p=share,
            a=a,
            b=b,
        )
    return text(
        "After a repeat purchase a customer stops for good with probability {p} on average (a = {a}, b = {b}).",
        p=share,
        a=a,
        b=b,
    )
