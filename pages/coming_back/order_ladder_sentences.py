"""The order ladder in sentences."""

from __future__ import annotations

from math import isfinite

import words
import workspace
from models.estimate import Estimate
from models.event_buyers import EventBuyers, Sign
from models.order_ladder import Ladder
from models.order_ladder_splits import COHORT, SEASON, Compared, Split
from models.order_ladder_threshold import Threshold
from models.spend_by_age import FACTOR, Saying, SpendByAge
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
    return text("{both}: loyalty begins at the {order} order.", both=both, order=ordinal(begins.order))


def notes(found: Ladder) -> list[str]:
    """What a reader of the figures has to know: the clock, and a window that is not the usual one."""
    said = [text("counted from the order before")]
    if found.steps and found.window != found.agreed:
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
    return plural(
        "**{n} customer has ordered once and is due now**: {low} to {high} days after the first order, when the middle half of second "
        "orders within {window} come.",
        "**{n} customers have ordered once and are due now**: {low} to {high} days after the first order, when the middle half of second "
        "orders within {window} come.",
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
        text("{share} after the {order} order", share=words.value(e, digits=0), order=ordinal(k))
        for k, e in enumerate(t.shares, start=1)
    )
    said = [text("Within {window} order again: {after}.", window=span(t.window), after=after)]
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
        if third.low > 0:
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


def split_name(name: str) -> str:
    kept = workspace.snapshot()
    known = {
        COHORT: text("When they were won"),
        SEASON: text("Season of the first order"),
        "channel": text("Channel"),
        "country": text("Country"),
        "first_product": text("First product"),
        "first_discount": text("First-order discount"),
        **(dict(kept.splits) if kept else {}),
    }
    return known[name]


def compared(found: Compared, window: int) -> str:
    """Which splits differ beyond chance."""
    if not found.comparisons:
        return text("There are no two groups of customers large enough to compare.")
    names = [split_name(s.name) for s in found.splits if s.differs(found.level)]
    looked = plural("{n} comparison", "{n} comparisons", found.comparisons)
    if not names:
        return text(
            "Nothing known of the first order tells who comes back beyond chance ({looked}, corrected for their number).",
            looked=looked,
        )
    best = next(s for s in found.splits if s.differs(found.level))
    said = text(
        "Who comes back differs beyond chance by: {names} ({looked}, corrected for their number).",
        names=words.listing(name.lower() for name in names),
        looked=looked,
    )
    ends = best.extremes(window)
    if ends is None:
        return said
    (high, most), (low, least) = ends
    return text(
        "{said} Most by {name}: {high} {most} within {window}, {low} {least}.",
        said=said,
        name=split_name(best.name).lower(),
        high=high.label,
        most=words.estimate(most),
        low=low.label,
        least=words.estimate(least),
        window=span(window),
    )


def one_split(split: Split, window: int, found: Compared) -> str:
    what = text(
        "The share that takes the step from {step} order within {window}, by group.",
        step=step_name(found.step),
        window=span(window),
    )
    if split.test.df and isfinite(split.p):
        chance = text("below {p}", p=words.number(0.001, 3)) if split.p < 0.001 else words.number(split.p, 3)
        verdict = text(
            "The curves differ beyond chance: log-rank {statistic} on {df} degrees of freedom, corrected p {p}.",
            statistic=words.number(split.test.statistic, 1),
            df=words.count(split.test.df),
            p=chance,
        )
        if not split.differs(found.level):
            verdict = text(
                "The curves differ by no more than chance: log-rank {statistic} on {df} degrees of freedom, corrected p {p}.",
                statistic=words.number(split.test.statistic, 1),
                df=words.count(split.test.df),
                p=chance,
            )
        what = f"{what} {verdict}"
    if split.small:
        what += " " + plural(
            "{n} group of fewer than 30 customers is left out.",
            "{n} groups of fewer than 30 customers are left out.",
            split.small,
        )
    return what


def sign(s: Sign) -> str:
    """What marks the first order."""
    if s.kind == "month":
        return text("in {month}", month=words.month_name(int(s.value)))
    if s.kind == "weekday":
        return text("on a {weekday}", weekday=words.weekday_name(int(s.value)))
    if s.kind == "peak":
        weeks = words.listing(words.day(w) for w in s.weeks)
        return text(
            "in a peak week of {month} (from {weeks})", month=words.month_name(int(s.value)), weeks=weeks
        )
    if s.kind == "discount_code":
        return text("with the code {code}", code=s.value)
    return text("with {product}", product=s.value)


def beyond(s: Sign) -> bool:
    return s.ratio.known and s.ratio.high < 1


def events(found: EventBuyers) -> str:
    if found.why:
        return found.why
    looked = plural("{n} sign", "{n} signs", len(found.signs))
    if not found.named:
        worst = found.signs[0]
        return text(
            "None of {looked} (time, first product, discount code) marks first buyers who return clearly less often than all others. Lowest: {sign}, "
            "{ratio} times as often.",
            looked=looked,
            sign=sign(worst),
            ratio=words.estimate(worst.ratio),
        )
    worst = found.named[0]
    said = text(
        "Customers whose first order came {sign} return {ratio} times as often as all others: {rate} within {window} against {others}.",
        sign=sign(worst),
        ratio=words.estimate(worst.ratio),
        rate=words.estimate(worst.rate),
        window=span(found.window),
        others=words.estimate(worst.others),
    )
    return (
        said
        + " "
        + plural(
            "{n} of {looked} marks buyers who rarely return; money spent on bringing them back is likelier lost, and a hold-out group would show it.",
            "{n} of {looked} mark buyers who rarely return; money spent on bringing them back is likelier lost, and a hold-out group would show it.",
            len(found.named),
            looked=looked,
        )
    )


def of_signs(found: EventBuyers, shown: int) -> str:
    said = text(
        "{customers} customers won at least {window} before the end, all watched equally long. The ratio’s interval is widened for the number of "
        "signs looked at. One customer may carry several signs.",
        customers=words.count(found.customers),
        window=span(found.window),
    )
    if shown < len(found.signs):
        said += " " + text(
            "{shown} of {n} signs are shown, the lowest ratio first.",
            shown=words.count(shown),
            n=words.count(len(found.signs)),
        )
    return said


def ages(found: SpendByAge, currency: str) -> str:
    """The saying about the third year on this shop, and how much of it is survivorship."""
    s = found.saying
    if s is None:
        return found.why
    age = text("months {first}–{last}", first=words.count(6 * s.first), last=words.count(6 * s.last + 6))
    if s.whole:
        age = text("the third year")
    if not s.stayed.known:
        return text(
            "Too few customers are still buying in {age} to compare them with the beginning.", age=age
        )
    said = [
        text(
            "Those still buying in {age} spend {stayed} times in a half-year what everybody spends in the first.",
            age=age,
            stayed=words.estimate(s.stayed),
        ),
        text(
            "But they spent {advantage} times as much from the beginning: against their own first half-year it is {own} times.",
            advantage=words.estimate(s.advantage),
            own=words.estimate(s.own),
        ),
        text(
            "Over everybody who began, those who stopped included, it is {everyone} times.",
            everyone=words.estimate(s.everyone),
        ),
    ]
    first, last = found.ages[0].order_value, found.ages[-1].order_value
    if first.known and last.known:
        said.append(
            text(
                "An order is worth {last} at the latest age and {start} in the first half-year.",
                last=words.estimate(last, currency),
                start=words.estimate(first, currency),
            )
        )
    if s.whole:
        said.append(_verdict(s))
    else:
        said.append(
            text(
                "The third year, of which the saying “two thirds more” speaks, has not been observed here yet."
            )
        )
    return " ".join(said)


def _verdict(s: Saying) -> str:
    """Two thirds more: within, above or below the intervals."""
    saying = words.number(FACTOR, 2)
    if s.own.low > FACTOR:
        return text(
            "The saying “two thirds more” ({saying} times) understates it, even like for like.", saying=saying
        )
    if s.own.low <= FACTOR <= s.own.high:
        return text("The saying “two thirds more” ({saying} times) holds like for like.", saying=saying)
    if s.stayed.high >= FACTOR:
        return text(
            "The saying “two thirds more” ({saying} times) is survivorship here: it does not hold like for like.",
            saying=saying,
        )
    return text(
        "The saying “two thirds more” ({saying} times) does not hold here, not even for those who stayed.",
        saying=saying,
    )


def of_ages() -> str:
    return text(
        "At each age only customers who were observed through it, so all are equally old. Still buying: bought at that age or later. The first "
        "half-year begins with an order by definition. Money an order can only be known of those who order."
    )
