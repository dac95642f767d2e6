"""Satisfaction of the shop: its score, the answers behind it, and period by period whether a change is more than noise.

One query counts how many answers share a kind, a question, a scale, a month and a score; all else is arithmetic on those counts,
so that a million answers cost what a thousand do.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models import satisfaction as counted
from models.definitions import Definitions
from models.estimate import Estimate, difference, mean, missing
from models.satisfaction import Scale, answers_needed
from shop import Shop
from words import text

FEW = 20
"""Periods with fewer answers are greyed: at ten answers 90% intervals of NPS span some 80 points, at twenty some 60."""
WIDTHS = (1, 3, 12)
"""Periods, quarters or years."""
TEN_POINTS = 0.1
WIDEST = 100
"""A scale of more steps than this, such as 0-1000, is not one that people are asked on."""


@dataclass(frozen=True)
class Period:
    """A month, quarter or year. `first` is its first day; `counts` of each score of the scale; `few`: below FEW answers."""

    first: dt.date
    counts: tuple[int, ...]
    score: Estimate

    @property
    def few(self) -> bool:
        return self.score.n < FEW


@dataclass(frozen=True)
class Change:
    """The last period of at least FEW answers against the one before it. `needed`: answers in each of two such periods that would show
    a change of this size with 80% power; `for_ten`: those for ten points; None where nothing changed."""

    before: Period
    after: Period
    difference: Estimate
    needed: int | None
    for_ten: int

    @property
    def beyond_noise(self) -> bool:
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True)
class Satisfaction:
    """`counts` of each of `scale.scores`, `score` and `mean` (of the scores themselves) over all `periods` of `width` months. `kinds` and `questions` (of this
    kind, "" where not stated) with their answers, most first. `off_scale` answers of this kind have a score that their scale
    does not know, `other_scales` were given on another scale than most: neither is counted. Where nothing is left `why` says so."""

    scale: Scale | None
    question: str | None
    counts: tuple[int, ...]
    score: Estimate
    mean: Estimate
    periods: tuple[Period, ...]
    width: int
    change: Change | None
    kinds: tuple[tuple[str, int], ...]
    questions: tuple[tuple[str, int], ...]
    off_scale: int
    other_scales: int
    level: float
    why: str = ""

    @property
    def answers(self) -> int:
        return sum(self.counts)


def asked(shop: Shop, definitions: Definitions, scale: Scale, question: str | None = None) -> ir.Table:
    """The answers of the observed period that are counted on this scale: the columns of `surveys`. Raises NoAnswers where the shop has no
    such table."""
    rows = _observed(shop, definitions)
    # What is written in kind, question and scale is parsed once for each wording, not for each answer.
    worded = rows.select("kind", "question", "scale").distinct()
    known = _parsed(
        worded.mutate(score=ibis.literal(float(scale.lowest)), raw=worded.kind, said=worded.question)
    )
    known = known.filter(
        known.on_scale
        & (known.kind == scale.kind)
        & (known.lowest == scale.lowest)
        & (known.highest == scale.highest)
    )
    if question is not None:
        known = known.filter(known.question == question)
    wordings = known.select("raw", "said", "scale").execute()
    kinds, scales = (wordings[c].unique().tolist() for c in ("raw", "scale"))
    rows = rows.filter(rows.kind.isin(kinds) & rows.scale.isin(scales))
    if question is not None:
        said = [q for q in wordings.said.unique().tolist() if isinstance(q, str)]
        fits = rows.question.isin(said)
        rows = rows.filter(fits if question else fits | rows.question.isnull())
    inside = (rows.score >= scale.lowest) & (rows.score <= scale.highest)
    return rows.filter(inside & (rows.score == rows.score.floor()))


def _observed(shop: Shop, definitions: Definitions) -> ir.Table:
    if shop.surveys is None:
        raise NoAnswers(text("There are no survey answers yet. Upload some on the Data page."))
    rows = shop.surveys
    if definitions.observed_from is not None:
        rows = rows.filter(rows.answered_at >= ibis.literal(_midnight(definitions.observed_from)))
    if definitions.observed_until is not None:
        after = definitions.observed_until + dt.timedelta(days=1)
        rows = rows.filter(rows.answered_at < ibis.literal(_midnight(after)))
    return rows


def _parsed(rows: ir.Table) -> ir.Table:
    ends = rows.scale.strip().split("-")
    rows = rows.mutate(
        kind=rows.kind.strip().upper(),
        question=rows.question.strip().coalesce(""),
        lowest=ends[0].try_cast("int64"),
        highest=ends[1].try_cast("int64"),
    )
    readable = (rows.highest > rows.lowest) & (rows.highest - rows.lowest <= WIDEST)
    fits = (rows.score >= rows.lowest) & (rows.score <= rows.highest) & (rows.score == rows.score.floor())
    # NPS is defined on 0 to 10 alone: nine of another scale is no promoter.
    whole = (rows.kind != "NPS") | ((rows.lowest == 0) & (rows.highest == 10))
    return rows.mutate(on_scale=(readable & fits & whole).coalesce(False))


class NoAnswers(ValueError):
    """The shop has no survey answers; the message says so to a person."""


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def satisfaction(
    shop: Shop,
    definitions: Definitions,
    *,
    kind: str = "NPS",
    question: str | None = None,
    boxes: int | None = None,
    effort: bool = False,
    months: int | None = None,
    counts: pd.DataFrame | None = None,
) -> Satisfaction:
    """The score of one kind of question over all answers and by periods of `months` (UTC); where not given, the finest of WIDTHS in which at
    least half of the periods have FEW answers.

    `question` None takes all questions of the kind. `boxes` is how many top boxes count as satisfied (CSAT; the definitions' where not
    given), `effort` CES's convention (`satisfaction.ces_scale`), `counts` the shop's `answer_counts` where they are known. A `kind` that
    nobody was asked gives an answer whose `why` says so.
    """
    rows = answer_counts(shop, definitions) if counts is None else counts
    kinds = _totals(rows, "kind")
    mine = rows[rows.kind == kind]
    questions = _totals(mine, "question")
    if question is not None:
        mine = mine[mine.question == question]
    off = int(mine.answers[~mine.on_scale].sum())
    mine = mine[mine.on_scale]
    level = definitions.level
    if not len(mine):
        return _nothing(kinds, questions, question, off, level)
    lowest, highest = mine.groupby(["lowest", "highest"]).answers.sum().idxmax()
    scale = scale_of(kind, int(lowest), int(highest), definitions, boxes=boxes, effort=effort)
    here = (mine.lowest == lowest) & (mine.highest == highest)
    others, mine = int(mine.answers[~here].sum()), mine[here]
    held = _by_score(scale, mine)
    widths = WIDTHS if months is None else (months,)
    width, periods = _periods(scale, mine, widths, level)
    return Satisfaction(
        scale,
        question,
        tuple(int(c) for c in held),
        counted.score(scale, held, level),
        _mean(scale, held, level),
        periods,
        width,
        last_change(scale, periods, level),
        kinds,
        questions,
        off,
        others,
        level,
    )


def scale_of(
    kind: str, lowest: int, highest: int, definitions: Definitions, *, boxes: int | None, effort: bool
) -> Scale:
    """The scale with what counts on it; boxes that the scale does not have are cut to those it has."""
    if kind == "NPS":
        return counted.nps_scale()
    if kind == "CES":
        return counted.ces_scale(lowest, highest, effort=effort)
    asked_for = definitions.csat_boxes if boxes is None else boxes
    return counted.csat_scale(lowest, highest, min(max(asked_for, 1), highest - lowest))


def answer_counts(shop: Shop, definitions: Definitions) -> pd.DataFrame:
    """`answers` by kind, question, scale (`lowest`, `highest`), month, `on_scale` and score (null off the scale)."""
    rows = _observed(shop, definitions)
    raw = ["kind", "question", "scale", "month", "score"]
    # Counted before it is parsed: equal cells are then parsed once, not once an answer.
    rows = rows.mutate(month=rows.answered_at.truncate("M").date())
    equal = rows.group_by(raw).agg(answers=rows.count())
    parsed = _parsed(equal)
    # What is off its scale may be anything: all of it together is one row.
    parsed = parsed.mutate(score=ibis.ifelse(parsed.on_scale, parsed.score, None))
    keys = ["kind", "question", "lowest", "highest", "month", "on_scale", "score"]
    return parsed.group_by(keys).agg(answers=parsed.answers.sum()).order_by(keys).execute()


def _totals(rows: pd.DataFrame, column: str) -> tuple[tuple[str, int], ...]:
    sums = rows.groupby(column).answers.sum().sort_values(ascending=False, kind="stable")
    return tuple((str(name), int(n)) for name, n in sums.items())


def _by_score(scale: Scale, rows: pd.DataFrame) -> np.ndarray:
    places = rows.score.to_numpy(float).astype(np.int64) - scale.lowest
    return np.bincount(places, rows.answers.to_numpy(float), minlength=len(scale.scores))


def _periods(
    scale: Scale, rows: pd.DataFrame, widths: tuple[int, ...], level: float
) -> tuple[int, tuple[Period, ...]]:
    """(months, the periods that have answers): the finest width in which half of the periods have enough answers and two can be
    compared; else the finest in which half have enough; else the widest."""
    day = pd.to_datetime(rows.month)
    number = (day.dt.year * 12 + day.dt.month - 1).to_numpy()
    cut = {
        width: tuple(
            _period(scale, int(first) * width, part, level)
            for first, part in rows.groupby(number // width, sort=True)
        )
        for width in widths
    }
    for least in (2, 1):
        for width, found in cut.items():
            if sum(not p.few for p in found) >= max(least, len(found) / 2):
                return width, found
    return width, found


def _period(scale: Scale, month: int, rows: pd.DataFrame, level: float) -> Period:
    """The period whose first month is this one, counted from the year 0."""
    counts = _by_score(scale, rows)
    first = dt.date(month // 12, month % 12 + 1, 1)
    return Period(first, tuple(int(c) for c in counts), counted.score(scale, counts, level))


def _mean(scale: Scale, counts: np.ndarray, level: float) -> Estimate:
    """The mean score, Student's t; missing where all agree, since t would then claim to know it exactly."""
    scores, n = np.array(scale.scores, float), int(counts.sum())
    if (counts > 0).sum() < 2:
        return missing(text("All answers agree."), n=n, level=level, unit="ratio")
    why = text("Too few answers for a mean.")
    total, squares = float(counts @ scores), float(counts @ scores**2)
    return mean(n, total, squares, level=level, unit="ratio", why_missing=why)


def last_change(scale: Scale, periods: tuple[Period, ...], level: float) -> Change | None:
    """None where fewer than two periods have enough answers."""
    enough = [p for p in periods if not p.few]
    if len(enough) < 2:
        return None
    before, after = enough[-2:]
    moved = difference(after.score, before.score)
    sides = np.array([scale.side(s) for s in scale.scores])
    both = np.array(before.counts, float) + np.array(after.counts, float)
    p, d = (float(both[sides == side].sum() / both.sum()) for side in (1, -1))
    needed = answers_needed(p, d, moved.value, level=level) if moved.value else None
    return Change(before, after, moved, needed, answers_needed(p, d, TEN_POINTS, level=level))


def _nothing(
    kinds: tuple[tuple[str, int], ...],
    questions: tuple[tuple[str, int], ...],
    question: str | None,
    off: int,
    level: float,
) -> Satisfaction:
    why = (
        text("Every answer to this question has a score that is off its scale, so there is nothing to count.")
        if off
        else text("Nobody has answered this question in the period chosen.")
    )
    none = missing(why, level=level)
    return Satisfaction(None, question, (), none, none, (), 1, None, kinds, questions, off, 0, level, why)
