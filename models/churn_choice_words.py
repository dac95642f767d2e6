"""What the choice between the contenders comes to, as sentences."""

from __future__ import annotations

from models.churn_trial import Choice, TriedDay
from words import day, interval, listing, number, percent, text


def sentence(choice: Choice, days: tuple[TriedDay, ...]) -> str:
    """Whether a classifier beats the baselines on the test days, and what is used."""
    test = days[0]
    if choice.classifier is None or choice.baseline is None or choice.test is None:
        used = test[choice.name].title
        if choice.classifier is None:
            return text("No classifier could be learned, so {model} is used.", model=used)
        return text("Neither baseline could be fitted, so {model} is used.", model=used)
    classifier, baseline = test[choice.classifier], test[choice.baseline]
    told = {
        "classifier": classifier.title,
        "baseline": baseline.title,
        "start": day(test.day),
        "end": day(test.end),
        "loss": number(classifier.measures.log_loss.value, 3, fixed=True),
        "base_loss": number(baseline.measures.log_loss.value, 3, fixed=True),
        "difference": number(choice.test.log_loss.value, 4),
        "interval": interval(choice.test.log_loss, digits=4),
    }
    if choice.beaten:
        return text(
            "{classifier} tells better than {baseline} who leaves: from {start} to {end} its log loss was {loss} against "
            "{base_loss}, a difference of {difference} ({interval}). It is used.",
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


def drift_note(days: tuple[TriedDay, ...], name: str) -> list[str]:
    """A warning where the share that left was not what the model in use had said, beyond its calibration's noise."""
    off = []
    for one in days:
        if name not in [c.name for c in one.contenders]:
            continue
        tried = one[name]
        if tried.measures.calibration_error.low > tried.perfect.high:
            off.append(one)
    if not off:
        return []
    test = off[0][name]
    parts = test.measures.parts
    rows = sum(part.observed.n for part in parts)
    said = sum(part.predicted * part.observed.n for part in parts) / rows
    return [
        text(
            "The share that leaves moves in this shop: {model} was off beyond chance on {days}. On the first of these it said "
            "{said} would leave, and {gone} did. Read its chances as a ranking first.",
            model=test.title,
            days=listing(day(one.day) for one in off),
            said=percent(said),
            gone=percent(test.measures.base_rate),
        )
    ]
