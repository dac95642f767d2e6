"""Whose answers differ, what customers did afterwards and who answered, in sentences."""

from __future__ import annotations

from math import isnan

import words
import workspace
from charts.satisfaction import side_names
from models.estimate import Estimate
from models.satisfaction import Scale
from models.satisfaction_groups import SPENT, TENURE, Group, Groups, Split
from models.satisfaction_orders import AfterAnswer
from models.satisfaction_response import Response
from models.satisfaction_trend import FEW
from pages.common import show
from pages.satisfied.satisfaction_sentences import kind_name
from words import plural, text


def currency() -> str:
    kept = workspace.snapshot()
    return kept.currency if kept else ""


def split_name(name: str) -> str:
    known = {
        "channel": text("Channel of the first order"),
        "country": text("Country"),
        "first_product": text("First product"),
        TENURE: text("Time since the first order"),
        SPENT: text("Value of the last order"),
    }
    return known[name]


def group_name(split: str, group: Group, sign: str) -> str:
    if split not in (TENURE, SPENT):
        return group.label
    write = words.count if split == TENURE else (lambda x: words.money(x, sign, 0))
    if isnan(group.low):
        span = text("up to {high}", high=write(group.high))
    elif isnan(group.high):
        span = text("above {low}", low=write(group.low))
    else:
        span = text("{low}–{high}", low=write(group.low), high=write(group.high))
    return text("{span} days", span=span) if split == TENURE else span


def groups(found: Groups) -> str:
    if not found.comparisons:
        return text(
            "There are no two groups of at least {few} customers who answered, so nothing can be compared.",
            few=words.count(FEW),
        )
    looked = plural("{n} comparison", "{n} comparisons", found.comparisons)
    names = [split_name(s.name).lower() for s in found.splits if s.differs(found.level)]
    if not names:
        return text(
            "No group’s score differs beyond chance ({looked}, corrected for their number).", looked=looked
        )
    best = next(s for s in found.splits if s.differs(found.level))
    ends = sorted(best.groups, key=lambda g: g.score.value)
    return text(
        "Scores differ beyond chance by: {names} ({looked}, corrected for their number). Highest by {split}: {high} {most}; lowest: {low} {least}.",
        names=words.listing(names),
        looked=looked,
        split=split_name(best.name).lower(),
        high=_safe(group_name(best.name, ends[-1], currency())),
        most=words.estimate(ends[-1].score),
        low=_safe(group_name(best.name, ends[0], currency())),
        least=words.estimate(ends[0].score),
    )


def one_split(split: Split, found: Groups) -> str:
    said = [
        text("One answer a customer, the first.")
        if isnan(split.corrected)
        else text("One answer a customer, the first. These groups differ beyond chance.")
        if split.differs(found.level)
        else text("One answer a customer, the first. These groups differ by no more than chance.")
    ]
    if show.full() and not isnan(split.corrected):
        said.append(
            text(
                "p {p}, after the correction for {n} comparisons {corrected}.",
                p=_p(split.p),
                n=words.count(found.comparisons),
                corrected=_p(split.corrected),
            )
        )
    if split.small:
        said.append(
            plural(
                "{n} group of fewer than {few} customers is left out.",
                "{n} groups of fewer than {few} customers are left out.",
                split.small,
                few=words.count(FEW),
            )
        )
    return " ".join(said)


def _p(p: float) -> str:
    return text("below {p}", p=words.number(0.001, 3)) if p < 0.001 else words.number(p, 3)


def _safe(label: str) -> str:
    """A name from a file, so that Markdown shows it as it is written; `show.prose` sees to the rest."""
    return show.plain(label).replace(r"\$", "$").replace(r"\~", "~")


def strata() -> tuple[str, str, str]:
    """How many purchases there had been by the answer, as `satisfaction_orders.STRATA` cuts them."""
    return text("one"), text("two or three"), text("four or more")


def orders(found: AfterAnswer, scale: Scale, sign: str) -> str:
    names = side_names(scale)
    within = plural("{n} day", "{n} days", found.days) if found.days != 365 else text("a year")
    shares = words.listing(
        text("{share} of {side}", share=words.estimate(s.within(found.days)), side=_customers(names[s.side]))
        for s in reversed(found.sides)
        if s.within(found.days).known
    )
    said = []
    if shares:
        said.append(
            text("Within {within} of their answer order again: {shares}.", within=within, shares=shares)
        )
    if isnan(found.test.p):
        said.append(text("Nobody ordered again in a way that could be compared."))
    elif found.test.p < 1 - found.level:
        said.append(
            text(
                "Among customers with as many purchases before, the answer goes with how soon they order again, **beyond chance**."
            )
        )
    else:
        said.append(
            text(
                "Among customers with as many purchases before, the answer goes with no more than chance would bring."
            )
        )
    said.append(_worth(found, scale.kind, sign))
    return " ".join(said)


def _customers(side: str) -> str:
    known = {
        text("satisfied"): text("the satisfied"),
        text("not satisfied"): text("the others"),
        text("easy"): text("those who found it easy"),
        text("not easy"): text("the others"),
    }
    return known.get(side, side)


def _worth(found: AfterAnswer, kind: str, sign: str) -> str:
    e = found.worth
    if not e.known:
        return e.why_missing
    ends = {"low": words.money(e.low, sign), "high": words.money(e.high, sign)}
    said = text(
        "Ten points of {kind} more go with {value} a customer in the 12 months after the answer ({low} to {high}, from {n} customers).",
        value=words.money(e.value, sign),
        n=words.count(e.n),
        kind=kind_name(kind),
        **ends,
    )
    if e.low <= 0 <= e.high:
        said += " " + text("That may be nothing.")
    return said


def of_orders(found: AfterAnswer) -> str:
    said = text(
        "“Goes with”, not “causes”: who is content may have been the better customer before, had the quicker delivery or bought other things. Only "
        "the number of purchases before is held equal, and only those who answered are seen. One answer a customer, the first."
    )
    if show.full() and not isnan(found.test.p):
        said += " " + text(
            "Stratified log-rank {statistic} on {df} degrees of freedom, p {p}.",
            statistic=words.number(found.test.statistic, 1),
            df=words.count(found.test.df),
            p=_p(found.test.p),
        )
    return said


def response(found: Response) -> str:
    if not found.orders:
        return text("There are no orders to compare the answers with.")
    said = text(
        "{orders_answered} of {orders} orders and {customers_answered} of {customers} customers have an answer of this kind.",
        orders_answered=words.count(found.orders_answered),
        orders=words.count(found.orders),
        customers_answered=words.count(found.customers_answered),
        customers=words.count(found.customers),
    )
    unlike = [c for c in found.compared if c.apart.known and (c.apart.low > 0 or c.apart.high < 0)]
    if not found.customers_answered or not any(c.apart.known for c in found.compared):
        return said
    if not unlike:
        return text("{said} They differ from the silent by no more than chance in what is known.", said=said)
    parts = words.listing(
        text(
            "{what} {answered} against {silent}",
            what=figure_name(c.name).lower(),
            answered=figure(c.answered),
            silent=figure(c.silent),
        )
        for c in unlike
    )
    return text(
        "{said} They are not like the silent: {parts}. Whoever orders more often is asked more often.",
        said=said,
        parts=parts,
    )


def figure_name(name: str) -> str:
    known = {
        "order_value": text("Money a purchase"),
        "tenure": text("Days since the first purchase"),
        "purchases": text("Purchases"),
    }
    return known[name]


def figure(e: Estimate) -> str:
    return words.estimate(e, currency()) if e.known else words.MISSING


def reweighted(found: Response) -> str:
    if not found.reweighted.known:
        return ""
    return text(
        "If customers of one, two or three, and more purchases had answered as often as each other, the score would be {reweighted} instead of "
        "{plain}, one answer a customer; it then weighs as much as {n} answers. That repairs what is known of the silent, never a silence that "
        "depends on the opinion itself.",
        reweighted=words.estimate(found.reweighted),
        plain=words.estimate(found.plain),
        n=words.count(found.weighs),
    )


def worst(rate: float, ends: tuple[float, float], score: Estimate) -> str:
    low, high = (words.value(Estimate(x, x, x, 0, unit=score.unit)) for x in ends)
    return text(
        "{rate} of those who were asked answered. Whatever the silent think, the score of all who were asked lies between {low} and {high}.",
        rate=words.percent(rate),
        low=low,
        high=high,
    )
