"""Who comes back, buyers of one occasion and spend by age in sentences: the lower half of the Order ladder page."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import words
import workspace
from models.event_buyers import EventBuyers, Sign
from models.order_ladder_splits import COHORT, SEASON, Compared, Split
from models.spend_by_age import FACTOR, Saying, SpendByAge
from pages.coming_back.order_ladder_sentences import span, step_name, times
from pages.common import show
from words import plural, text


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
        high=_name(high.label),
        most=words.estimate(most),
        low=_name(low.label),
        least=words.estimate(least),
        window=span(window),
    )


def one_split(split: Split, window: int, found: Compared) -> str:
    what = text(
        "The share that takes the step from {step} order within {window}, by group.",
        step=step_name(found.step),
        window=span(window),
    )
    if isfinite(split.p):
        what += " " + _tested(split, found)
    if split.small:
        what += " " + plural(
            "{n} group of fewer than 30 customers is left out.",
            "{n} groups of fewer than 30 customers are left out.",
            split.small,
        )
    return what


def _tested(split: Split, found: Compared) -> str:
    said = (
        text("The curves differ beyond chance.")
        if split.differs(found.level)
        else text("The curves differ by no more than chance.")
    )
    if not show.full():
        return said
    p = text("below {p}", p=words.number(0.001, 3)) if split.p < 0.001 else words.number(split.p, 3)
    detail = text(
        "Log-rank {statistic} on {df} degrees of freedom, p {p} after the correction for {n} comparisons.",
        statistic=words.number(split.test.statistic, 1),
        df=words.count(split.test.df),
        p=p,
        n=words.count(found.comparisons),
    )
    return f"{said} {detail}"


def _name(label: str) -> str:
    """A name from a file, so that Markdown shows it as it is written; `show.prose` sees to the rest."""
    return show.plain(label).replace(r"\$", "$").replace(r"\~", "~")


def sign(s: Sign, name: Callable[[str], str] = str) -> str:
    """What marks the first order; `name` writes what comes from a file."""
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
        return text("with the code {code}", code=name(s.value))
    return text("with {product}", product=name(s.value))


def beyond(s: Sign) -> bool:
    return s.ratio.known and s.ratio.high < 1


def events(found: EventBuyers) -> str:
    if found.why:
        return found.why
    looked = plural("{n} sign", "{n} signs", len(found.signs))
    if not found.named:
        worst = found.signs[0]
        return text(
            "Not one of {looked} (time, first product, discount code) marks first buyers who return clearly less often than all others. Lowest: {sign}, "
            "{ratio} times as often.",
            looked=looked,
            sign=sign(worst, _name),
            ratio=times(worst.ratio),
        )
    worst = found.named[0]
    said = text(
        "Customers whose first order came {sign} return {ratio} times as often as all others: {rate} within {window} against {others}.",
        sign=sign(worst, _name),
        ratio=times(worst.ratio),
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
            "Those still buying in {age} spend {stayed} times as much in a half-year as everybody did in the first.",
            age=age,
            stayed=times(s.stayed),
        ),
        text(
            "But they had spent more from the beginning, {advantage} times as much: compared with their own first half-year it is {own} times.",
            advantage=times(s.advantage),
            own=times(s.own),
        )
        if s.advantage.low > 1
        else text("Compared with their own first half-year it is {own} times.", own=times(s.own)),
        text("With those who stopped counted too, it is {everyone} times.", everyone=times(s.everyone)),
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
