"""How long until something happens, where it has not happened to everybody yet: Kaplan-Meier on counted durations.

Everything here takes counts, not people: how many share a duration and whether it ended in an event or was cut short
(*censored*) by the end of observation. Who is censored on day t was still at risk on day t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, nan

import numpy as np
from scipy.stats import chi2, norm

from models.btyd.inputs import Floats
from models.estimate import Estimate, missing, share
from words import count, text


@dataclass(frozen=True)
class Curve:
    """The Kaplan-Meier estimate. Arrays of one length, a place for each distinct duration, ascending.

    `at_risk` counts who had neither the event nor been censored before `time`; `events` those who had it then.
    `survival` is the share without it after `time`, `low` and `high` its band at `level`: Greenwood's variance on the
    scale of log(-log S) (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2002, section 1.4). Where
    no event or only events have been seen that scale has no end, and Wilson's bound of those at risk takes its place.
    `n` is the number of all.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    low: Floats
    high: Floats
    n: int
    level: float

    @property
    def nbytes(self) -> int:
        return self.time.nbytes * 6

    def _place(self, time: float) -> int:
        return int(np.searchsorted(self.time, time, side="right")) - 1

    def followed(self, time: float) -> int:
        """How many were still at risk at `time`: neither event nor censored before it."""
        place = int(np.searchsorted(self.time, time))
        return int(self.at_risk[place]) if place < len(self.time) else 0

    def lost(self, time: float) -> int:
        """How many were censored before `time`, so that nobody knows what they did by then."""
        return round(self.n - float(self.events[self.time < time].sum())) - self.followed(time)

    def happened(self, time: float, *, fewest: int = 1) -> Estimate:
        """The share to whom it had happened by `time`. Missing where some were lost sight of before it and fewer than `fewest`
        still at risk then: a curve that rests on the last few can fall to nothing by one of them."""
        if not self.n or (self.lost(time) and self.followed(time) < fewest):
            why = text("Too few have been followed for {days} days.", days=count(time))
            return missing(why, n=self.n, level=self.level)
        place = self._place(time)
        if place < 0:
            return share(0, self.n, level=self.level)
        low, high = 1 - self.high[place], 1 - self.low[place]
        value = 1 - float(self.survival[place])
        return Estimate(value, float(low), float(high), self.n, self.level, "share", "Kaplan-Meier")

    def at_level(self, level: float) -> Curve:
        """The same curve with a band of another level."""
        low, high = _band(self.survival, self.events, self.at_risk, level)
        return replace(self, low=low, high=high, level=level)

    def quantile(self, q: float) -> Estimate:
        """The first time by which it has happened to a share `q`, its interval by inverting the band (Brookmeyer and
        Crowley 1982, Biometrics 38, 29-41): an end that the band does not reach is infinite. Missing where the curve does not
        reach it. Raises ValueError unless 0 < q < 1."""
        if not 0 < q < 1:
            raise ValueError(f"A quantile lies between 0 and 1; found {q:g}.")
        # Rounding must not push a curve that ends exactly on the quantile past it.
        left = 1 - q + 1e-12
        value = _first(self.time, self.survival <= left)
        if not isfinite(value):
            why = text("Not reached: fewer have come so far.")
            return missing(why, n=self.n, level=self.level, unit="days")
        low, high = _first(self.time, self.low <= left), _first(self.time, self.high <= left)
        return Estimate(value, low, high, self.n, self.level, "days", "Kaplan-Meier, band inverted")

    def middle(self, until: float, shares: tuple[float, float]) -> tuple[float, float]:
        """The times by which it has happened to these shares of those to whom it happens by `until`."""
        place = self._place(until)
        happened = 1 - self.survival[: place + 1]
        low, high = (float(self.time[np.searchsorted(happened, share * happened[-1])]) for share in shares)
        return low, high


def _first(time: Floats, where: np.ndarray) -> float:
    places = np.flatnonzero(where)
    return float(time[places[0]]) if len(places) else inf


def kaplan_meier(
    duration: Floats, event: Floats, weight: Floats | None = None, *, level: float = 0.9
) -> Curve:
    """The curve of durations; `event` is 1 where it happened and 0 where censored, `weight` how many share the row.

    Raises ValueError for arrays of different length, durations or weights that are negative or not finite.
    """
    time, died, gone = _counted(duration, event, weight)
    at_risk: Floats = np.cumsum((died + gone)[::-1])[::-1]
    n = round(float(at_risk[0])) if len(at_risk) else 0
    survival: Floats = np.cumprod(1 - died / np.where(at_risk > 0, at_risk, 1)).astype(float)
    low, high = _band(survival, died, at_risk, level)
    return Curve(time, at_risk, died, survival, low, high, n, level)


def _counted(
    duration: Floats, event: Floats, weight: Floats | None, time: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """The distinct durations (or `time`), and how many events and censored customers there are at each."""
    duration, event = np.asarray(duration, float), np.asarray(event, float)
    weight = np.ones(len(duration)) if weight is None else np.asarray(weight, float)
    if not len(duration) == len(event) == len(weight):
        raise ValueError(
            f"Durations, events and weights need one length; found {len(duration)}, {len(event)} and {len(weight)}."
        )
    for name, values in (("duration", duration), ("weight", weight)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError(f"Every {name} must be a number of at least 0.")
    if not np.isin(event, (0.0, 1.0)).all():
        raise ValueError("An event is 1 where it happened and 0 where it was not seen to happen.")
    kept = weight > 0
    duration, event, weight = duration[kept], event[kept], weight[kept]
    if time is None:
        time = np.unique(duration)
    place = np.searchsorted(time, duration)
    died = np.bincount(place, weight * event, minlength=len(time)).astype(float)
    return time, died, np.bincount(place, weight * (1 - event), minlength=len(time)).astype(float)


def _band(survival: Floats, died: Floats, at_risk: Floats, level: float) -> tuple[Floats, Floats]:
    z = float(norm.ppf((1 + level) / 2))
    spread = np.cumsum(died / np.where(at_risk > died, at_risk * (at_risk - died), inf))
    between = (survival > 0) & (survival < 1)
    log = np.log(np.where(between, survival, 0.5))
    reach = z * np.sqrt(spread) / np.abs(log)
    low = np.where(between, np.exp(log * np.exp(reach)), survival)
    high = np.where(between, np.exp(log * np.exp(-reach)), survival)
    # All or nothing so far is not certainty: z^2 / (m + z^2) is Wilson's bound for none of m.
    none_of = z * z / (at_risk + z * z)
    low = np.where(survival == 1, 1 - none_of, low)
    ended = np.flatnonzero(survival == 0)
    if len(ended):
        high = np.where(survival == 0, none_of[ended[0]], high)
    return low, high


@dataclass(frozen=True)
class LogRank:
    """`statistic` is chi-squared with `df` degrees of freedom where the groups do not differ; `p` its tail."""

    statistic: float
    df: int
    p: float


def log_rank(groups: Sequence[tuple[Floats, Floats, Floats | None]]) -> LogRank:
    """Do k groups of (durations, events, weights) share one curve? Mantel's log-rank test (1966, Cancer Chemotherapy
    Reports 50, 163-170) with the hypergeometric variance. A group without anybody is left out; fewer than two groups, or no event
    at all, give p = NaN: there is nothing to compare."""
    all_times = [_counted(*g)[0] for g in groups]
    time = np.unique(np.concatenate(all_times)) if all_times else np.zeros(0)
    counted = [_counted(*g, time=time)[1:] for g in groups]
    counted = [(died, gone) for died, gone in counted if (died + gone).sum() > 0]
    died = np.array([d for d, _ in counted])
    k = len(counted)
    if k < 2 or not died.sum():
        return LogRank(nan, max(k - 1, 0), nan)
    at_risk = np.array([np.cumsum((d + c)[::-1])[::-1] for d, c in counted])
    d, n = died.sum(axis=0), at_risk.sum(axis=0)
    used = (d > 0) & (n > 1)
    died, at_risk, d, n = died[:, used], at_risk[:, used], d[used], n[used]
    part = at_risk / n
    excess = (died - part * d).sum(axis=1)
    factor = d * (n - d) / (n - 1)
    covariance = np.diag((part * factor).sum(axis=1)) - (part * factor) @ part.T
    statistic = float(excess @ np.linalg.pinv(covariance, hermitian=True) @ excess)
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    return LogRank(statistic, df, float(chi2.sf(statistic, df))) if df else LogRank(nan, 0, nan)


def holm(p: Sequence[float]) -> Floats:
    """p-values corrected for their number: Holm (1979), Scandinavian Journal of Statistics 6, 65-70. NaN stays NaN and is not
    counted. Below alpha after it, the chance of naming anything wrongly is at most alpha."""
    raw = np.asarray(p, float)
    out = np.full(len(raw), nan)
    known = np.flatnonzero(~np.isnan(raw))
    order = known[np.argsort(raw[known], kind="stable")]
    steps = raw[order] * (len(order) - np.arange(len(order)))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return out
