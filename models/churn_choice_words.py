"""What the choice between the contenders comes to, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from models.churn_trial import Choice, TriedDay
from models.estimate import Estimate
from words import count, day, estimate, interval, listing, number, percent, text


def sentence(choice: Choice) -> str:
    """Whether a classifier beats the baselines on the test days, and what is used."""
    used = choice.titles[choice.name]
    if choice.classifier is None:
        return text("No classifier could be learned, so {model} is used.", model=used)
    if choice.baseline is None or choice.test is None:
        return text("Neither baseline could be fitted, so {model} is used.", model=used)
    told = {
        "classifier": choice.titles[choice.classifier],
        "baseline": choice.titles[choice.baseline],
        "start": day(choice.day),
        "end": day(choice.end),
        "loss": number(choice.losses[choice.classifier], 3, fixed=True),
        "base_loss": number(choice.losses[choice.baseline], 3, fixed=True),
        "difference": number(choice.test.log_loss.value, 4),
        "interval": interval(choice.test.log_loss, digits=4),
    }
    if choice.beaten:
        return text(
            "{classifier} told better than {baseline} who left: from {start} to {end} its log loss was {loss} against "
            "{base_loss}, a difference of {difference} ({interval}). So {classifier} is used.",
            **told,
        )
    if choice.test.better:
        return text(
            "{classifier} did better than {baseline} from {start} to {end}, but not on the days before, so it may have been "
            "luck. {baseline} is used.",
            **told,
        )
    return text(
        "The classifier is no better than the baseline: from {start} to {end} the log loss of {classifier} was {loss}, that "
        "of {baseline} {base_loss}, a difference of {difference} ({interval}). {baseline} is used.",
        **told,
    )


def headline(leavers: Estimate, days: int) -> str:
    """How many of those still active are expected to leave."""
    if not leavers.known:
        return leavers.why_missing
    return text(
        "{leavers} of {active} active customers will not order within {days} days.",
        leavers=estimate(leavers),
        active=count(leavers.n),
        days=count(days),
    )


def drift_note(days: Sequence[TriedDay], name: str) -> list[str]:
    """A warning where the chances of the model in use came true less often, or more, than chance alone explains."""
    off = [one for one in days if name in one.names and one[name].off]
    if not off:
        return []
    tried = off[0][name]
    return [
        text(
            "The chances by {model} were off by more than luck on {days}: on {first} they missed the shares that left by "
            "{error} on average, where exactly right ones would miss by {perfect}. They said that {said} would leave, and "
            "{gone} did. Trust the order of customers more than the chances themselves.",
            model=tried.title,
            days=listing(day(one.day) for one in off),
            first=day(off[0].day),
            error=percent(tried.measures.calibration_error.value),
            perfect=percent(tried.perfect.value),
            said=percent(tried.said),
            gone=percent(tried.measures.base_rate),
        )
    ]
