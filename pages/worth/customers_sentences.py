"""The Customers page in sentences."""

from __future__ import annotations

import datetime as dt
from math import isfinite

import words
from charts.segments import larger_of, title_of, titles
from models.customer_card import Card, NextOrder
from models.migration import Migration
from models.segments import Segments
from models.slowing import Slowing
from words import plural, text


def answer(found: Segments) -> str:
    """The headline."""
    if not found.top.known:
        return found.top.why_missing
    if found.alike:
        return text(
            "All {n} customers are alike: they bought as often, as much and on the same day, so that no group tells them apart.",
            n=words.count(len(found.code)),
        )
    return text(
        "The top fifth of customers bring {share} of revenue.", share=words.estimate(found.top, digits=0)
    )


def reservations(found: Segments) -> list[str]:
    """What groups cannot tell in this shop."""
    said = []
    if found.one_time:
        said.append(
            text("Nobody has bought twice yet: these groups differ by the last order and by money alone.")
        )
    if not any(e.known for e in found.table.kept):
        said.append(found.table.kept.iloc[0].why_missing)
    if found.prospects:
        said.append(
            plural(
                "{n} person in the list of customers has not ordered yet: a prospect.",
                "{n} people in the list of customers have not ordered yet: prospects.",
                found.prospects,
            )
        )
    return said


def of_table(found: Segments, months: int) -> str:
    """What the columns mean."""
    return text(
        "To come: expected within {months}, discounted, with the model’s own error. Ordered since: of those who were in the group "
        "{days} days ago, who has. Will not order: no order within {days} days, the mean of the customers’ own chances; its "
        "interval is chance alone.",
        months=plural("{n} month", "{n} months", months),
        days=words.count(found.days),
    )


def slowing(found: Slowing) -> str:
    beyond = len(found.beyond)
    if not found.asked:
        return text("No best customer has bought often and recently enough to have a rhythm that could slow.")
    if not beyond:
        return text(
            "Of {n} best customers with a rhythm of their own, not one is slowing or spending less beyond what chance does.",
            n=words.count(found.asked),
        )
    return plural(
        "{n} of {asked} best customers with a rhythm of their own is slowing or spending less, beyond chance.",
        "{n} of {asked} best customers with a rhythm of their own are slowing or spending less, beyond chance.",
        beyond,
        asked=words.count(found.asked),
    )


def may_be_chance(found: Slowing) -> str:
    """About those who stand out one by one only."""
    if not len(found.beyond):
        return plural(
            "{n} stands out on its own, and may well be chance: of {asked}, up to {by_chance} would if nobody had changed.",
            "{n} stand out one by one, and may well be chance: of {asked}, up to {by_chance} would if nobody had changed.",
            len(found.table),
            asked=words.count(found.asked),
            by_chance=words.count(found.by_chance),
        )
    return plural(
        "{n} more stands out on its own, and may well be chance: of {asked}, up to {by_chance} would if nobody had changed.",
        "{n} more stand out one by one, and may well be chance: of {asked}, up to {by_chance} would if nobody had changed.",
        len(found.table) - len(found.beyond),
        asked=words.count(found.asked),
        by_chance=words.count(found.by_chance),
    )


def migration(found: Migration) -> str:
    return text(
        "{moved} of {n} customers are in another group than on {start}; {anyway} would be if nobody had changed.",
        moved=words.estimate(found.moved),
        n=words.count(found.customers),
        start=words.day(found.start),
        anyway=words.estimate(found.moved_anyway),
    )


def flows(found: Migration) -> list[str]:
    """The flows beyond chance, the largest departure first."""
    rows = found.flows
    rows = rows[rows.beyond].copy()
    if not len(rows):
        return [text("No single flow is beyond what chance and the model’s own error explain.")]
    names = titles(eleven=found.eleven)
    rows["apart"] = (rows.seen - rows.expected).abs()
    said = []
    for row in rows.sort_values("apart", ascending=False).itertuples():
        values = {
            "then": names[row.then],
            "now": names[row.now],
            "seen": words.count(row.seen),
            "low": words.count(row.low),
            "high": words.count(row.high),
        }
        said.append(
            text("More than chance: {then} to {now}, {seen} ({low}–{high} by chance).", **values)
            if row.seen > row.expected
            else text("Fewer than chance: {then} to {now}, {seen} ({low}–{high} by chance).", **values)
        )
    return said


def card(found: Card, currency: str) -> list[str]:
    """The customer in a few sentences."""
    said = []
    if found.first and found.first == found.last:
        said.append(
            text(
                "{orders} on {day}; {total} in all.",
                orders=plural("{n} order", "{n} orders", found.orders),
                day=words.day(found.first),
                total=words.money(found.total, currency),
            )
        )
    elif found.first and found.last:
        said.append(
            text(
                "{orders} since {first}, the last on {last}; {total} in all.",
                orders=plural("{n} order", "{n} orders", found.orders),
                first=words.day(found.first),
                last=words.day(found.last),
                total=words.money(found.total, currency),
            )
        )
    if found.rank is not None:
        said.append(
            text(
                "Number {place} of {of} by money; group: {larger}, {group} (recency {r}, frequency {f}, money {m} of 5).",
                place=words.count(found.rank.place),
                of=words.count(found.rank.of),
                larger=larger_of(found.rank.group),
                group=title_of(found.rank.group),
                r=found.rank.recency,
                f=found.rank.frequency,
                m=found.rank.money,
            )
        )
    if found.next is not None:
        said.append(next_order(found.next, found.end))
    return said


def next_order(ahead: NextOrder, end: dt.date) -> str:
    """When the next order is due, and the chance that there is none."""

    def day(days: float) -> str:
        return words.day(end + dt.timedelta(days=round(days)))

    said = []
    none = text("The chance that there is none in ten years is {never}.", never=chance(ahead.never))
    if not isfinite(ahead.median):
        said.append(text("A next order is not expected."))
    elif not isfinite(ahead.high):
        said.append(
            text(
                "The next order is as likely before {median} as after, and hardly before {low}.",
                median=day(ahead.median),
                low=day(ahead.low),
            )
        )
    else:
        said.append(
            text(
                "The next order is expected about {median} ({low} – {high}).",
                median=day(ahead.median),
                low=day(ahead.low),
                high=day(ahead.high),
            )
        )
    said.append(none)
    if isfinite(ahead.within):
        said.append(
            text(
                "The chance of an order within {days} days is {chance}.",
                days=words.count(ahead.days),
                chance=chance(ahead.within),
            )
        )
    return " ".join(said)


def chance(p: float) -> str:
    """Nothing about a customer is certain: below 1% and above 99% stay open."""
    if p < 0.01:
        return text("less than {p}", p=words.percent(0.01, 0))
    if p > 0.99:
        return text("more than {p}", p=words.percent(0.99, 0))
    return words.percent(p, 0)


def answers(found: Card) -> list[str]:
    """What the customer answered, the last first."""
    return [
        text(
            "{day}: {kind} {score} on {scale} {comment}",
            day=words.day(r.day.date()),
            kind=r.kind,
            score=words.number(r.score),
            scale=r.scale,
            comment=text("“{said}”", said=r.comment) if r.comment else "",
        ).strip()
        for r in found.answers.iloc[::-1].itertuples()
    ]
