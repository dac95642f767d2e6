"""How satisfied customers are, in sentences."""

from __future__ import annotations

import words
from charts.satisfaction import period_name, side_names
from models.estimate import Estimate
from models.satisfaction_people import LATELY
from models.satisfaction_trend import FEW, Change, Satisfaction
from words import plural, text


def kind_name(kind: str) -> str:
    """NPS, CSAT and CES are called so in every language."""
    known = {"NPS": text("NPS"), "CSAT": text("CSAT"), "CES": text("CES")}
    return known[kind]


def score(e: Estimate) -> str:
    """48 (44–52), or 79.3% (75.0%–83.0%)"""
    return words.estimate(e)


def answer(found: Satisfaction, kind: str) -> str:
    if found.scale is None:
        return found.why
    said = text("{kind} {score}", kind=kind_name(kind), score=score(found.score))
    if found.change is None:
        return text("{said}; too few answers to speak of a change.", said=said)
    if not found.change.beyond_noise:
        return text("{said}; the last change is within noise.", said=said)
    if found.change.difference.value > 0:
        return text("{said}; the last change, upwards, is more than noise.", said=said)
    return text("{said}; the last change, downwards, is more than noise.", said=said)


def notes(found: Satisfaction) -> list[str]:
    said = [plural("{n} answer", "{n} answers", found.answers)] if found.answers else []
    if found.off_scale:
        said.append(
            plural(
                "{n} answer off its scale is not counted",
                "{n} answers off their scale are not counted",
                found.off_scale,
            )
        )
    if found.other_scales:
        said.append(
            plural(
                "{n} answer on another scale is not counted",
                "{n} answers on other scales are not counted",
                found.other_scales,
            )
        )
    return said


def meaning(found: Satisfaction) -> str:
    """What the score counts, in a sentence."""
    scale = found.scale
    if scale is None:
        return ""
    if scale.kind == "NPS":
        return text(
            "NPS is the share of promoters (9 and 10) less the share of detractors (0 to 6), from -100 to 100."
        )
    boxes = words.listing(words.count(s) for s in scale.for_it)
    span = {"low": words.count(scale.lowest), "high": words.count(scale.highest), "boxes": boxes}
    if scale.kind == "CES":
        if scale.reversed:
            return text("CES is here the share that names little effort: {boxes} of {low} to {high}.", **span)
        return text("CES is here the share that agrees that it was easy: {boxes} of {low} to {high}.", **span)
    return text("CSAT is the share that answers {boxes} of {low} to {high}.", **span)


def spread(found: Satisfaction) -> str:
    """How the answers lie, and their mean."""
    scale = found.scale
    if scale is None:
        return ""
    parts = dict.fromkeys(side_names(scale), 0)
    for s, n in zip(scale.scores, found.counts, strict=True):
        parts[scale.side(s)] += n
    said = words.listing(
        text("{n} {side}", n=words.count(parts[side]), side=name) for side, name in side_names(scale).items()
    )
    if max(found.counts) == found.answers:
        same = next(s for s, n in zip(scale.scores, found.counts, strict=True) if n)
        return text(
            "{parts}. Everybody gave the same score, {score}: the interval says how far that can be trusted.",
            parts=said,
            score=words.count(same),
        )
    if found.mean.known:
        return text("{parts}. The mean score is {mean}.", parts=said, mean=words.estimate(found.mean))
    return text("{parts}.", parts=said)


def change(found: Satisfaction) -> str:
    """The last change, whether it is more than noise, and how many answers would show it."""
    c = found.change
    if c is None:
        return text(
            "No two periods have {few} answers or more each, so nothing can be said of a change.",
            few=words.count(FEW),
        )
    said = text(
        "{after} has {score}, {before} had {then}: {moved}.",
        after=period_name(c.after, found.width),
        score=score(c.after.score),
        before=period_name(c.before, found.width),
        then=score(c.before.score),
        moved=_moved(c.difference),
    )
    return f"{said} {_verdict(c)}"


def _moved(d: Estimate) -> str:
    """12 points more (-4 to 29); points of NPS and of a share alike are hundredths."""
    ends = {"value": _points(abs(d.value)), "low": _points(d.low), "high": _points(d.high)}
    if d.value > 0:
        return text("{value} points more ({low} to {high})", **ends)
    if d.value < 0:
        return text("{value} points less ({low} to {high})", **ends)
    return text("no more and no less ({low} to {high})", **ends)


def _points(x: float) -> str:
    return words.number(100 * x, 0 if abs(x) >= 0.01 else 1)


def _verdict(c: Change) -> str:
    ten = text(
        "A change of ten points shows with {n} answers a period, four times in five.",
        n=words.count(c.for_ten),
    )
    if c.beyond_noise:
        return text("**That is more than noise.** {ten}", ten=ten)
    if c.needed is None:
        return text("**That is within noise.** {ten}", ten=ten)
    return text(
        "**That is within noise**: to see a change of this size four times in five, {n} answers a period would be needed; there were {before} "
        "and {after}.",
        n=words.count(c.needed),
        before=words.count(c.before.score.n),
        after=words.count(c.after.score.n),
    )


def greyed(found: Satisfaction) -> str:
    few = sum(p.few for p in found.periods)
    if not few:
        return ""
    return plural(
        "{n} period with fewer than {few} answers is greyed.",
        "{n} periods with fewer than {few} answers are greyed.",
        few,
        few=words.count(FEW),
    )


def next_step(unhappy: int | None) -> str:
    if unhappy is None:
        return text("Next: call unhappy customers")
    return plural("Next: call {n} unhappy customer", "Next: call {n} unhappy customers", unhappy)


def lately() -> str:
    return text(
        "Customers whose last answer of the last {days} days was unhappy: a detractor’s, or in the lowest quarter of a CSAT scale.",
        days=words.count(LATELY),
    )


def nobody_unhappy() -> str:
    return text(
        "No known customer was unhappy in the last {days} days: nobody to call.", days=words.count(LATELY)
    )
