"""The model bench in sentences."""

from __future__ import annotations

from math import isfinite

import pandas as pd

import words
from models.btyd.families import BG_NBD, Family
from models.model_choice import SAME_FORECAST, Choice
from models.model_shapes import Mixing, Surface
from models.saved_fit import SAME, Checked
from models.tracking import Tracking
from pages.worth.value_sentences import signed
from words import text


def recommendation(found: Choice) -> str:
    """Which model to use, and whether it matters, in one sentence."""
    table = found.table
    best, error, days = table.title[0], signed(table.error[0]), words.count(found.days)
    if not isfinite(table.error[0]):
        return text(
            "Nothing tells the models apart yet: nobody came back in the {days} days held back, so {best} is as good as any.",
            best=best,
            days=days,
        )
    if len(table) == 1:
        return text(
            "Use {best}, the only model that could be fitted: its forecast of the {days} days held back was off by {error}.",
            best=best,
            days=days,
            error=error,
        )
    if not found.certain:
        return text(
            "Use {best} or {next}: what they say of the {days} days held back differs by no more than chance, and {best}’s "
            "forecast was off by {error}, {next}’s by {other}.",
            best=best,
            next=table.title[1],
            days=days,
            error=error,
            other=signed(table.error[1]),
        )
    if not found.matters:
        return text(
            "Use {best}, though it hardly matters: it tells best what each customer did in the {days} days held back, but all "
            "forecasts of the total lie within {same} of its own, which was off by {error}.",
            best=best,
            days=days,
            same=words.percent(SAME_FORECAST, 0),
            error=error,
        )
    return text(
        "Use {best}: it tells best what each customer did in the {days} days held back, by more than chance, and its forecast "
        "was off by {error} ({others}).",
        best=best,
        days=days,
        error=error,
        others=words.listing(
            text("{model}: {error}", model=r.title, error=signed(r.error))
            for r in table.iloc[1:].itertuples()
        ),
    )


def singles(found: Tracking) -> str:
    """How near the forecasts came, customer by customer and week by week."""
    each = found.each
    said = text(
        "Fitted up to {origin} and followed to {end}: a single customer’s forecast was {miss} purchases off on average, "
        "everybody at the average rate {average}, everybody at their own past rate {own}. {covered} of the customers bought "
        "as often as their {level} interval allows.",
        origin=words.day(found.origin),
        end=words.day(found.end),
        miss=words.number(each.miss["model"], 3),
        average=words.number(each.miss["average"], 3),
        own=words.number(each.miss["own"], 3),
        covered=words.estimate(each.covered),
        level=words.percent(each.covered.level, 0),
    )
    if each.weekly == each.weekly:
        said = text(
            "{said} A week’s total was {weekly} off on average.", said=said, weekly=words.percent(each.weekly)
        )
    return said


def buying(found: Mixing) -> str:
    return text(
        "While active, customers make {rate} repeat purchases a year on average; the line shows how that varies between them.",
        rate=words.estimate(found.mean),
    )


def leaving(found: Mixing, family: Family) -> str:
    if found.unit == "share":
        chance = words.estimate(found.mean)
        if family is BG_NBD:
            return text(
                "After a repeat purchase customers stop for good with a chance of {chance} on average.",
                chance=chance,
            )
        return text(
            "After a purchase customers stop for good with a chance of {chance} on average.", chance=chance
        )
    return text(
        "Customers drop out at {rate} times a year on average: the higher a customer’s rate, the shorter they stay.",
        rate=words.estimate(found.mean),
    )


def once(found: Surface, family: Family, currency: str) -> str:
    """The customers who have no column in the heat maps."""
    alive, purchases, value = found.once
    said = text(
        "Customers aged {age} days. One who has never come back is still a customer with a chance of {alive}, with {purchases} "
        "purchases and {value} to come within {days} days. All at the fitted parameters; a blank cell is a history that cannot be.",
        age=words.count(found.age),
        alive=words.percent(alive),
        purchases=words.number(purchases, 3),
        value=words.money(value, currency),
        days=words.count(found.days),
    )
    if family is BG_NBD:
        return text("{said} In BG/NBD nobody leaves before a repeat purchase.", said=said)
    return said


def checked(found: Checked) -> str:
    """Whether a saved fit comes out again."""
    if found.agrees:
        said = text(
            "“{name}” agrees: fitted again, every figure comes out within {same}.",
            name=found.name,
            same=words.percent(SAME, 2),
        )
    else:
        said = text("“{name}” does not agree: fitted again, figures come out differently.", name=found.name)
    if not found.same_data:
        said = text("{said} It was fitted to other orders than those shown here.", said=said)
    if not found.same_code:
        said = text("{said} It was fitted by another version of Holdfast.", said=said)
    return said


def differences(found: Checked) -> pd.DataFrame:
    """The figures of a saved fit beside those of today, for a person."""
    return pd.DataFrame(
        {
            text("Figure"): [
                text("log-likelihood") if r.what == "log_likelihood" else r.what
                for r in found.table.itertuples()
            ],
            text("Saved"): [words.number(v, 6, fixed=True) for v in found.table.kept],
            text("Fitted again"): [words.number(v, 6, fixed=True) for v in found.table.now],
            text("Difference"): [signed(v) for v in found.table.difference],
        }
    )


def meaning(parameter: str) -> str:
    """What a parameter says, in a few words."""
    return {
        "r": text("how alike customers’ buying rates are"),
        "alpha": text("rates are r / alpha on average"),
        "a": text("with b: chance to leave, a / (a + b)"),
        "b": text("with a: chance to leave"),
        "s": text("how alike customers’ leaving rates are"),
        "beta": text("leaving rates are s / beta on average"),
        "p": text("how alike one customer’s amounts are"),
        "q": text("how alike customers’ mean amounts are"),
        "v": text("scale of amounts"),
    }[parameter]
