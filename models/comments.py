"""What customers write about: themes by language, how many comments speak of each, and how those who do score.

One model for each language: one over several finds the languages, not the themes. Comments are read masked.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models.comment_language import LANGUAGES, OTHER, WORDLESS, languages
from models.comment_masking import mask
from models.comment_themes import FEWEST, Theme, Themes, find_themes
from models.definitions import Definitions
from models.estimate import Estimate, difference, mean, missing, share
from shop import Shop
from words import count, text

MOST = 100_000
"""The newest comments that themes are looked for in: more make the answer later, not other."""
READ = 1_000
"""Characters of a comment that are read for themes."""
FEWEST_SCORES = 10
FEWEST_IN_QUARTER = 20
SHOWN = 3
"""Comments shown with each theme."""
_COMFORTABLE = (25, 280)
"""Characters of a comment that is easily read: such are shown first."""
_ENDS = re.compile(r"(\d+)-(\d+)")


class Measure(NamedTuple):
    """A question's kind and its scale with the two ends: ("CSAT", "1-5", 1, 5)."""

    kind: str
    scale: str
    low: float
    high: float


class Said(NamedTuple):
    """A comment as it may be shown (e-mail addresses and telephones masked) and the answer it came with."""

    comment: str
    on: dt.date
    kind: str
    score: float
    scale: str


@dataclass(frozen=True)
class CommentTheme:
    """`words` are typical. `share` is of all comments of the language; `scores` by measure is the mean of the answers
    that came with them, `others` that of all other comments, `apart` the difference, its interval so wide that with
    chance `level` not one theme of this language is taken for different that is not (Bonferroni). `quarters` has a row a quarter:
    `quarter` (its first day), `comments` in all, `share` (Estimate, unknown where too few). `rest`: everything that is in
    no stable theme, which has no words."""

    words: tuple[str, ...]
    stability: float
    comments: int
    share: Estimate
    scores: dict[Measure, Estimate]
    others: dict[Measure, Estimate]
    apart: dict[Measure, Estimate]
    quarters: pd.DataFrame
    said: tuple[Said, ...]
    rest: bool = False


@dataclass(frozen=True)
class Language:
    """`themes` are the stable ones, the largest first, and "other words" last; `unstable` are the words and the stability
    of those not named. `tried` maps numbers of themes to (stable ones, share of comments in them). Without themes, `why_missing`."""

    code: str
    comments: int
    themes: tuple[CommentTheme, ...]
    unstable: tuple[tuple[tuple[str, ...], float], ...] = ()
    tried: dict[int, tuple[int, float]] | None = None
    repeats: int = 0
    why_missing: str = ""

    @property
    def named(self) -> tuple[CommentTheme, ...]:
        return tuple(theme for theme in self.themes if not theme.rest)


@dataclass(frozen=True)
class Comments:
    """`answers` of which `comments` came with words and `read` (the newest) were read; `languages` with most comments
    first, among them OTHER and WORDLESS, which have no themes. `measures`: the kinds of questions, most comments first."""

    answers: int
    comments: int
    read: int
    languages: tuple[Language, ...]
    measures: tuple[Measure, ...]


def written(shop: Shop, definitions: Definitions) -> ir.Table:
    """The answers with words within the days observed. Raises ValueError where the shop has no survey answers."""
    answers = within(shop, definitions)
    return answers.filter(answers.comment.strip().length() > 0)


def within(shop: Shop, definitions: Definitions) -> ir.Table:
    """The answers within the days observed, by the shop's own clock."""
    if shop.surveys is None:
        raise ValueError(text("This shop has no survey answers. Upload some on the Data page."))
    answers = shop.surveys
    if definitions.observed_from is not None:
        since = _utc(definitions.observed_from, shop.zone)
        answers = answers.filter(answers.answered_at >= ibis.literal(since))
    if definitions.observed_until is not None:
        until = _utc(definitions.observed_until + dt.timedelta(days=1), shop.zone)
        answers = answers.filter(answers.answered_at < ibis.literal(until))
    return answers


def _utc(day: dt.date, zone: str) -> dt.datetime:
    """Local midnight as the tables keep time: UTC, without a zone."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC).replace(tzinfo=None)


def local(moments: pd.Series, zone: str) -> pd.Series:
    """UTC moments by the shop's clock."""
    return pd.to_datetime(moments).dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)


def comments(shop: Shop, definitions: Definitions, *, seed: int = 0) -> Comments:
    """The themes of each language. Raises ValueError where there is no survey answer, or none with words."""
    every = written(shop, definitions)
    total, answers = int(every.count().execute()), int(within(shop, definitions).count().execute())
    if not total:
        raise ValueError(
            text("There are {n} survey answers, and nobody wrote anything with them.", n=count(answers))
        )
    keys = [every.answered_at.desc(), *(every[c] for c in ("comment", "order_id", "kind", "score"))]
    rows = every.order_by(keys).limit(MOST)
    rows = rows.select("answered_at", "kind", "score", "scale", "comment").to_pandas()
    rows["kind"] = rows.kind.str.upper()
    rows["comment"] = rows.comment.str.strip()
    at = local(rows.answered_at, shop.zone)
    rows["on"], rows["quarter"] = at.dt.date, at.dt.to_period("Q").dt.start_time
    read = [mask(comment[:READ], " ", " ") for comment in rows.comment]
    rows["language"] = languages(read)
    rows["read"] = read
    sizes = rows.language.value_counts()
    order = sorted(sizes.index, key=lambda code: (code not in LANGUAGES, -sizes[code], code))
    measures = _measures(rows)
    found = tuple(
        _language(rows[rows.language == code].reset_index(drop=True), code, measures, definitions.level, seed)
        for code in order
    )
    return Comments(answers, total, len(rows), found, measures)


def _measures(rows: pd.DataFrame) -> tuple[Measure, ...]:
    """NPS and CSAT, each on its commonest scale. CES is left out: shops ask it in both directions."""
    known = rows[rows.kind.isin(["NPS", "CSAT"])]
    found: dict[str, Measure] = {}
    for (kind, scale), _ in sorted(
        known.groupby(["kind", "scale"]).size().items(), key=lambda x: (-x[1], x[0])
    ):
        if ends := _ENDS.fullmatch(scale):
            found.setdefault(kind, Measure(kind, scale, float(ends[1]), float(ends[2])))
    return tuple(found.values())


def _language(
    rows: pd.DataFrame, code: str, measures: tuple[Measure, ...], level: float, seed: int
) -> Language:
    n = len(rows)
    if code in (OTHER, WORDLESS):
        why = (
            text("Themes are looked for in English, Spanish, Portuguese, French, Ukrainian and Russian.")
            if code == OTHER
            else text("These hold no words, or one that could be of any language.")
        )
        return Language(code, n, (), why_missing=why)
    if n < FEWEST:
        why = text(
            "Too few for themes, which need {fewest}. They can still be searched and read below.",
            fewest=count(FEWEST),
        )
        return Language(code, n, (), why_missing=why)
    found = find_themes(list(rows.read), code, seed=seed)
    stable = [theme for theme in found.themes if theme.stable]
    named = np.full(n, -1)
    for k, theme in enumerate(stable):
        named[theme.members] = k
    themes = [_theme(rows, named == k, theme, measures, level, len(stable)) for k, theme in enumerate(stable)]
    if stable and (named == -1).any():
        unnamed = Theme((), 0.0, np.flatnonzero(named == -1))
        themes.append(replace(_theme(rows, named == -1, unnamed, measures, level, len(stable)), rest=True))
    why = "" if stable else _why_none(found)
    unstable = tuple((t.words, t.stability) for t in found.themes if not t.stable)
    return Language(code, n, tuple(themes), unstable, found.tried, found.repeats, why)


def _why_none(found: Themes) -> str:
    if not found.tried:
        return text("Their words hardly ever come again: there are no themes.")
    return text(
        "No theme in them came back when it was looked for again, so none is named. They can still be searched and read "
        "below."
    )


def _theme(
    rows: pd.DataFrame,
    those: np.ndarray,
    theme: Theme,
    measures: tuple[Measure, ...],
    level: float,
    looks: int,
) -> CommentTheme:
    n = int(those.sum())
    strict = 1 - (1 - level) / looks
    inside, outside = rows[those], rows[~those]
    scores = {m: mean_score(_scores(inside, m), m, level) for m in measures}
    others = {m: mean_score(_scores(outside, m), m, level) for m in measures}
    return CommentTheme(
        theme.words,
        theme.stability,
        n,
        share(n, len(rows), level=level),
        scores,
        others,
        {
            m: difference(
                mean_score(_scores(inside, m), m, strict), mean_score(_scores(outside, m), m, strict)
            )
            for m in measures
        },
        _quarters(rows, those, level),
        _said(rows, theme.members),
    )


def _scores(rows: pd.DataFrame, measure: Measure) -> np.ndarray:
    return rows.score[(rows.kind == measure.kind) & (rows.scale == measure.scale)].to_numpy(float)


def mean_score(scores: np.ndarray, measure: Measure, level: float) -> Estimate:
    """The mean of answers on a scale with two ends. The interval is Student's t with one more answer at each end added,
    as Agresti and Coull (1998, The American Statistician 52, 119-126) do for shares: without them answers that all agree
    would leave no doubt. It is held within the scale and around the mean."""
    n = len(scores)
    if n < FEWEST_SCORES:
        why = text("{n} answers are too few for a mean; it needs {fewest}.", n=count(n), fewest=FEWEST_SCORES)
        return missing(why, n=n, level=level, unit="points")
    ends = np.array([measure.low, measure.high])
    total, squares = scores.sum() + ends.sum(), (scores**2).sum() + (ends**2).sum()
    wide = mean(n + 2, total, squares, level=level, unit="points", fewest=2)
    value = float(scores.mean())
    low, high = min(max(wide.low, measure.low), value), max(min(wide.high, measure.high), value)
    return replace(wide, value=value, low=low, high=high, n=n, method="t, one answer at each end added")


def _quarters(rows: pd.DataFrame, those: np.ndarray, level: float) -> pd.DataFrame:
    counted = rows.assign(those=those).groupby("quarter").those.agg(["size", "sum"])
    counted = counted.reindex(
        pd.date_range(counted.index.min(), counted.index.max(), freq="QS"), fill_value=0
    )
    shares = [
        share(int(s), int(n), level=level)
        if n >= FEWEST_IN_QUARTER
        else missing(text("fewer than {n} comments", n=FEWEST_IN_QUARTER), n=int(n), level=level)
        for n, s in zip(counted["size"], counted["sum"], strict=True)
    ]
    return pd.DataFrame({"quarter": counted.index, "comments": counted["size"].to_numpy(), "share": shares})


def _said(rows: pd.DataFrame, members: np.ndarray) -> tuple[Said, ...]:
    """The most typical comments of easy length that differ; where there are too few, others."""
    low, high = _COMFORTABLE
    lengths = rows.comment.str.len().to_numpy()[members]
    order = np.argsort((lengths < low) | (lengths > high), kind="stable")
    found: dict[str, Said] = {}
    for at in members[order]:
        row = rows.iloc[at]
        # Masked before it is cut: half an address would not be known for one.
        shown = mask(row.comment)
        shown = shown if len(shown) <= 2 * high else f"{shown[: 2 * high]} …"
        found.setdefault(shown.casefold(), Said(shown, row.on, row.kind, float(row.score), row.scale))
        if len(found) == SHOWN:
            break
    return tuple(found.values())
