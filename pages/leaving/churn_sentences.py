"""Churn in sentences."""

from __future__ import annotations

import words
from models.churn import Churn
from models.churn_horizon import Horizon
from models.churn_trial import Tried, TriedDay
from models.definitions import Definitions
from models.order_chance import OrderChances
from words import plural, text


def proposing() -> str:
    return text("Looking at the time between orders …")


def answer(chances: OrderChances, found: Churn | None) -> str:
    """The number that leaves, or why there is none."""
    if found is None:
        return text("How many customers will leave cannot be told yet. {why}", why=chances.why)
    return found.headline


def in_days(days: int) -> str:
    return plural("{n} day", "{n} days", days)


def counted(chances: OrderChances, view: Definitions) -> str:
    """Which customers the number is of."""
    return text(
        "counted: who bought in the {days} up to {end}",
        days=in_days(view.at_risk_days),
        end=words.day(chances.end),
    )


def definition(chances: OrderChances, proposed: Horizon | None) -> str:
    said = text(
        "A customer leaves who does not order within {days} after {end}. The solid bars add up to the number above.",
        days=in_days(chances.days),
        end=words.day(chances.end),
    )
    if proposed is None:
        return said
    if proposed.days == chances.days:
        return text("{said} Why {days}: {why}", said=said, days=in_days(chances.days), why=proposed.why)
    return text(
        "{said} The shop’s own would be {days}: {why}",
        said=said,
        days=in_days(proposed.days),
        why=proposed.why,
    )


def verdict(found: Churn) -> str:
    """Whether a classifier beats the baselines, without the figures that an analyst asks for."""
    choice, test = found.choice, found.days[0]
    if choice.classifier is None or choice.baseline is None or choice.test is None:
        return found.sentence
    told = {"classifier": test[choice.classifier].title, "baseline": test[choice.baseline].title}
    if choice.beaten:
        return text(
            "{classifier} told who left better than the simpler {baseline}, by more than chance, so it is used.",
            **told,
        )
    if choice.test.better:
        return text(
            "{classifier} did better than the simpler {baseline} on the last days, but not on those before: {baseline} is "
            "used.",
            **told,
        )
    return text(
        "{classifier} told who left no better than the simpler {baseline}, so {baseline} is used.", **told
    )


def top_tenth(day: TriedDay, used: Tried) -> str:
    """What the ranking was worth, as an owner can picture it."""
    first, last = used.measures.parts[0], used.measures.parts[-1]
    return text(
        "Of the tenth it called likeliest to leave on {day}, {first} did not order in the {days} that followed; of the tenth it "
        "called least likely to, {last}.",
        day=words.day(day.day),
        days=in_days((day.end - day.day).days),
        first=words.estimate(first.observed),
        last=words.estimate(last.observed),
    )


def off() -> str:
    return text(
        "On past days its chances were further off than chance explains: trust the order of the customers more than the chances "
        "themselves. The number above allows for that."
    )


def drivers(found: Churn) -> str:
    """What the chances hang on, strongest first."""
    names = [text("“{group}”", group=text(one.title)) for one in found.drivers.drivers if one.matters]
    if not names:
        return text("Nothing that is known of the customers tells who leaves.")
    return text("What tells most, strongest first: {names}.", names=words.listing(names[:3]))
