"""The order ladder in sentences."""

from __future__ import annotations

from math import isfinite

import words
from models.estimate import Estimate
from models.order_ladder import Ladder
from models.order_ladder_threshold import Threshold
from words import plural, text


def ordinal(n: int) -> str:
    """second, for 2"""
    known = [
        text("first"),
        text("second"),
        text("third"),
        text("fourth"),
        text("fifth"),
        text("sixth"),
        text("seventh"),
        text("eighth"),
        text("ninth"),
        text("tenth"),
        text("eleventh"),
    ]
    return known[n - 1]


def step_name(number: int) -> str:
    return text("{one} to {next}", one=ordinal(number), next=ordinal(number + 1))


def span(days: int) -> str:
    """a year, or 90 days"""
    return text("a year") if days == 365 else plural("{n} day", "{n} days", days)


def answer(found: Ladder, begins: Threshold) -> str:
    if not found.steps:
        return found.why
    first = text(
        "{share} order a second time within {window}",
        share=words.estimate(begins.shares[0]),
        window=span(found.window),
    )
    if len(begins.shares) < 2:
        return text("{first}; too few did to say how many order a third time.", first=first)
    both = text("{first}, {share} of those a third time", first=first, share=words.estimate(begins.shares[1]))
    if begins.order is None:
        return text("{both}: no order stands out as the one where loyalty begins.", both=both)
    if not begins.alone:
        return text(
            "{both}: the share rises most with the {order} order.", both=both, order=ordinal(begins.order)
        )
    return text("{both}: loyalty begins at the {order} order.", both=both, order=ordinal(begins.order))


def notes(found: Ladder) -> list[str]:
    """What a reader of the figures has to know: the clock, and a window that is not the usual one."""
    if not found.steps:
        return []
    said = [text("counted from the order before")]
    if found.window != found.agreed:
        said.append(
            text(
                "the orders reach back too little for {agreed}, so {window} are used",
                agreed=span(found.agreed),
                window=span(found.window),
            )
        )
    return said


def due(found: Ladder) -> str:
    if found.due is None or found.due_from is None or found.due_to is None:
        return text("Nobody has ordered twice yet, so there is no usual time for a second order.")
    if not found.due:
        return text(
            "Nobody is due for a second order now: no one-order customer is between {low} and {high} days after it, when a quarter "
            "to nine tenths of the second orders within {window} come.",
            low=words.count(found.due_from),
            high=words.count(found.due_to),
            window=span(found.window),
        )
    return plural(
        "**{n} customer has ordered once and is due now**: {low} to {high} days after the first order, when a quarter to nine "
        "tenths of the second orders within {window} come.",
        "**{n} customers have ordered once and are due now**: {low} to {high} days after the first order, when a quarter to nine "
        "tenths of the second orders within {window} come.",
        found.due,
        low=words.count(found.due_from),
        high=words.count(found.due_to),
        window=span(found.window),
    )


def of_days() -> str:
    return text(
        "Everybody is counted, those who have not ordered again too: for as long as they have been watched. “Not reached” means that fewer "
        "than so many have come, not that they never will."
    )


def times(e: Estimate) -> str:
    """A ratio with two decimals, so that 0.90 to 1.00 does not read 0.9 to 1."""
    low, value, high = (words.number(x, 2, fixed=True) for x in (e.low, e.value, e.high))
    return f"{value} ({low}–{high})"


def of_counts() -> str:
    return text(
        "Counted, if watched: the plain share among those whose earlier order lies at least the window back. From the second step on the "
        "two can differ: who reached an order late is watched for a shorter time, and may be slower in general."
    )


def or_dash(e: Estimate) -> str:
    return words.estimate(e) if e.known else words.MISSING


def reached(e: Estimate) -> str:
    """A day with its interval, whose end may not be reached yet."""
    if not e.known:
        return text("not reached")
    if isfinite(e.high):
        return words.estimate(e)
    return text("{day} (from {low}, end not reached)", day=words.value(e), low=words.count(e.low))


def _points(e: Estimate) -> str:
    low, value, high = (words.number(100 * x, 1) for x in (e.low, e.value, e.high))
    return text("{value} points ({low}–{high})", value=value, low=low, high=high)


def begins(t: Threshold) -> str:
    """The threshold, whether it stands out, and what becomes of the saying about the third order."""
    if len(t.shares) < 2:
        return text(
            "Too few customers have ordered twice and been watched for {window} to compare orders.",
            window=span(t.window),
        )
    after = words.listing(
        text("{share} after the {order}", share=words.value(e, digits=0), order=ordinal(k))
        for k, e in enumerate(t.shares, start=1)
    )
    said = [text("Within {window} order again: {after} order.", window=span(t.window), after=after)]
    if t.order is None or t.rise is None:
        said.append(
            text(
                "From one order to the next the share rises by no more than chance: this shop shows no threshold."
            )
        )
        return " ".join(said)
    rise = {"order": ordinal(t.order), "points": _points(t.rise)}
    if t.alone and len(t.rises) > 1:
        said.append(
            text(
                "The largest rise comes with the **{order} order**: {points}, beyond chance more than with any other.",
                **rise,
            )
        )
    elif len(t.rises) > 1:
        said.append(
            text(
                "The largest rise comes with the **{order} order**: {points}. Another rise may be as large: their difference is within noise.",
                **rise,
            )
        )
    else:
        said.append(
            text(
                "With the **{order} order** it rises by {points}; there are too few orders after it to compare with.",
                **rise,
            )
        )
    if t.flat_from is not None:
        said.append(
            text(
                "From the {order} order on, no later share is higher beyond chance.",
                order=ordinal(t.flat_from),
            )
        )
    if t.order != 3 and len(t.rises) > 1:
        third = t.rises[1]
        if not t.alone:
            said.append(
                text(
                    "The third order, at which the saying has a customer won, adds {points}.",
                    points=_points(third),
                )
            )
        elif third.low > 0:
            said.append(
                text(
                    "The saying that a customer is won at the third order does not hold here: the third adds {points}.",
                    points=_points(third),
                )
            )
        else:
            said.append(
                text(
                    "The saying that a customer is won at the third order does not hold here: what the third adds is within noise."
                )
            )
    elif t.order == 3:
        said.append(text("Here the saying holds that a customer is won at the third order."))
    return " ".join(said)


def selection() -> str:
    return text(
        "Part of every rise is selection: whoever orders often was likelier to from the beginning. A customer brought to a second order by a "
        "discount need not become as faithful as those who came on their own; only a hold-out group shows that."
    )
