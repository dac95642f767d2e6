"""Cohorts: customers won in the same week, month or quarter, and what they did afterwards.

Retention of a cohort at an age of 1 or more, in three readings (`Definitions.reading`):

* "in": the share that bought in that period;
* "in_or_after": the share that bought in that period or any later one up to now. It keeps growing while
  people may still come back, so it is comparable only between cohorts of the same age;
* "cumulative": the share that has bought again, at least once, by the end of that period. A second purchase
  within age 0 counts too.

Revenue and purchases are means per customer of the cohort, cumulative from the first purchase, whether a
customer came back or not.

A cell is known only when the whole cohort has been observed through its age; else it is blank and says why.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models import cohort_cells, cohort_clock
from models.cohort_sums import Measure, cumulative, retention
from models.definitions import Definitions, Period, Reading
from models.estimate import FEWEST_FOR_MEAN, Estimate, difference, missing, share
from models.purchases import observed_until
from shop import Shop
from words import count, day, plural, text

UNITS: dict[str, str] = {"retention": "share", "revenue": "money", "purchases": "purchases"}
_READINGS: dict[Reading, str] = {"in": "bought", "in_or_after": "at_or_after", "cumulative": "again"}


@dataclass(frozen=True)
class CohortTable:
    """`sizes`: `cohort` (first day of the period), `split` ("" without one), `n`, `latest` (the day the
    last was won).

    `cells`: `cohort`, `split`, `age`, `n` (customers of the cohort), `value`, `low`, `high`, `complete`,
    `why` (a sentence where `value` is NaN) and the sums behind them: for retention the customers
    counted under each reading (`bought`, `at_or_after`, `again`), else `total` and `squares`. The grid is
    full: one row for each cohort, split value and age up to the greatest age that any cohort has completed.
    """

    measure: Measure
    definitions: Definitions
    split: str | None
    observed_until: dt.date
    sizes: pd.DataFrame
    cells: pd.DataFrame

    @property
    def unit(self) -> str:
        return UNITS[self.measure]

    @property
    def period(self) -> Period:
        return self.definitions.period

    def cell(self, cohort: dt.date, age: int, split: str = "") -> Estimate:
        """One cell. Raises KeyError where the table has none."""
        cells = self.cells
        found = cells[(cells.cohort == pd.Timestamp(cohort)) & (cells.age == age) & (cells.split == split)]
        if found.empty:
            raise KeyError(f"no cell for cohort {cohort}, age {age}, split {split!r}")
        return self.estimate(found.iloc[0])

    def estimate(self, row: pd.Series) -> Estimate:
        """A row of `cells` or of `rolled_up` as an Estimate."""
        if not row.complete or np.isnan(row.value):
            return missing(row.why, n=int(row.n), level=self.definitions.level, unit=self.unit)
        method = "Wilson" if self.measure == "retention" else "t"
        level = self.definitions.level
        return Estimate(
            float(row.value), float(row.low), float(row.high), int(row.n), level, self.unit, method
        )


def cohort_table(
    shop: Shop, definitions: Definitions, *, measure: Measure = "retention", split: str | None = None
) -> CohortTable:
    """The table of cohorts by `definitions.period`, `.clock` and `.reading`; see the module and CohortTable.

    `split` is one of `cohort_split.SPLITS` or a kept column of `shop.splits`. Raises ValueError for any
    other, and NoOrders for an empty shop.
    """
    end = observed_until(shop, definitions)
    if measure == "retention":
        sums = retention(shop, definitions, split).execute()
    else:
        sums = cumulative(shop, definitions, split, measure).execute()
    sums["cohort"] = pd.to_datetime(sums["cohort"]).astype("datetime64[s]")
    sizes = _sizes(sums)
    cells = _grid(sums, sizes, definitions, end, first_age=1 if measure == "retention" else 0)
    return CohortTable(measure, definitions, split, end, sizes, _with_intervals(cells, measure, definitions))


def _sizes(sums: pd.DataFrame) -> pd.DataFrame:
    """Everybody has bought at age 0, so the customers seen there are the cohort."""
    born = sums[sums.reading == "born"] if "reading" in sums else sums[sums.age == 0]
    born = born.rename(columns={"customers": "n"})[["cohort", "split", "n", "latest"]]
    born["latest"] = pd.to_datetime(born["latest"]).astype("datetime64[s]")
    return born.sort_values(["cohort", "split"], ignore_index=True)


def _grid(
    sums: pd.DataFrame, sizes: pd.DataFrame, definitions: Definitions, end: dt.date, *, first_age: int
) -> pd.DataFrame:
    """Every cohort at every age up to the greatest completed one, with the sums through that age."""
    span = (pd.Timestamp(end) - sizes.cohort.min()).days if len(sizes) else 0
    oldest = span // {"week": 7, "month": 28, "quarter": 90}[definitions.period] + 1
    keys = ["cohort", "split", "age"]
    grid = sizes.merge(pd.DataFrame({"age": np.arange(0, oldest + 1)}), how="cross")
    grid["ends"] = cohort_clock.ends(
        grid.cohort, grid.latest, grid.age, definitions.period, definitions.clock
    )
    grid["complete"] = grid.ends <= pd.Timestamp(end)
    if "reading" in sums:
        wide = sums.pivot_table(index=keys, columns="reading", values="customers", aggfunc="sum")
        wide = wide.reindex(columns=["bought", "last", "again"]).reset_index()
        grid = grid.merge(wide, how="left", on=keys).fillna({"bought": 0, "last": 0, "again": 0})
        groups = grid.groupby(["cohort", "split"], sort=False)
        left = groups["last"].cumsum() - grid["last"]
        # Customers whose last purchase lies at an age before this one are gone; the rest came in or after.
        grid["at_or_after"] = groups["last"].transform("sum") - left
        grid["again"] = groups["again"].cumsum()
        grid = grid.drop(columns="last")
    else:
        grid = grid.merge(sums[[*keys, "total", "squares"]], how="left", on=keys).fillna(
            {"total": 0, "squares": 0}
        )
        groups = grid.groupby(["cohort", "split"], sort=False)
        grid["total"], grid["squares"] = groups["total"].cumsum(), groups["squares"].cumsum()
    reached = grid.age[grid.complete].max() if grid.complete.any() else -1
    return grid[(grid.age >= first_age) & (grid.age <= reached)].reset_index(drop=True)


def _with_intervals(cells: pd.DataFrame, measure: Measure, definitions: Definitions) -> pd.DataFrame:
    """Adds `value`, `low`, `high` and `why`; blank where the cell is not complete or too small."""
    level = definitions.level
    if measure == "retention":
        figures = cohort_cells.shares(cells[_READINGS[definitions.reading]], cells.n, level)
    else:
        figures = cohort_cells.means(cells.n, cells.total, cells.squares, level)
    cells = cells.join(figures.where(cells.complete))
    few = cells.complete & cells.value.isna()
    cells["why"] = ""
    cells.loc[few, "why"] = [too_few(n) for n in cells.n[few]]
    days = cells.ends.dt.date
    young = {ends: _too_young(ends) for ends in days[~cells.complete].unique()}
    cells.loc[~cells.complete, "why"] = days[~cells.complete].map(young)
    return cells.drop(columns=["ends", "latest"])


def too_few(n: int) -> str:
    return plural(
        "Only {n} customer: at least {fewest} are needed for a mean with an interval.",
        "Only {n} customers: at least {fewest} are needed for a mean with an interval.",
        int(n),
        fewest=count(FEWEST_FOR_MEAN),
    )


def _too_young(ends: dt.date) -> str:
    return text("Too young: not everyone in it has been observed this long before {ends}.", ends=day(ends))


def rolled_up(table: CohortTable, *, through: int | None = None) -> pd.DataFrame:
    """All cohorts together, age by age: numerators and customers are added up, percentages never averaged.

    At each age only the cohorts that completed it are pooled. `through` keeps to those that completed that
    age, so that the same customers stand behind every age of the curve. Columns: `split`, `age`, `n`,
    `cohorts`, `value`, `low`, `high`, `complete`, `why`, and the pooled sums.
    """
    cells = table.cells[table.cells.complete]
    if through is not None:
        mature = cells[cells.age == through][["cohort", "split"]]
        cells = cells[cells.age <= through].merge(mature, on=["cohort", "split"])
    sums = [c for c in ("n", "bought", "at_or_after", "again", "total", "squares") if c in cells]
    pooled = cells.groupby(["split", "age"], as_index=False).agg(
        **{c: (c, "sum") for c in sums}, cohorts=("cohort", "nunique")
    )
    level = table.definitions.level
    if table.measure == "retention":
        figures = cohort_cells.shares(pooled[_READINGS[table.definitions.reading]], pooled.n, level)
    else:
        figures = cohort_cells.means(pooled.n, pooled.total, pooled.squares, level)
    pooled = pooled.join(figures)
    pooled["complete"] = True
    pooled["why"] = [too_few(n) if np.isnan(v) else "" for n, v in zip(pooled.n, pooled.value, strict=True)]
    return pooled


def reading_effect(table: CohortTable, age: int) -> dict[Reading, Estimate]:
    """The pooled share at `age` under each of the three readings, from a table of retention.

    Raises ValueError for a table of another measure.
    """
    if table.measure != "retention":
        raise ValueError(
            text("Readings belong to retention; this table shows {measure}.", measure=table.measure)
        )
    cells = table.cells[table.cells.complete & (table.cells.age == age)]
    n, level = int(cells.n.sum()), table.definitions.level
    out: dict[Reading, Estimate] = {}
    for reading, column in _READINGS.items():
        out[reading] = share(
            int(cells[column].sum()), n, level=level, why_missing=text("No cohort is old enough yet.")
        )
    return out


@dataclass(frozen=True)
class Comparison:
    """The newest cohort that completed `age` against the earliest one in the year before it.

    `change` is newest less earlier; `earlier` is None, and `change` missing, where there is only one.
    """

    age: int
    newest: dt.date
    newest_figure: Estimate
    earlier: dt.date | None
    earlier_figure: Estimate
    change: Estimate


def facts(table: CohortTable, *, age: int | None = None) -> Comparison | None:
    """The figures of the page's sentence; None while no cohort has completed any age.

    `age` is by default the one about three months after the first purchase, or the greatest completed one.
    """
    cells = table.cells[table.cells.complete & table.cells.value.notna()]
    if cells.empty:
        return None
    wanted = age if age is not None else {"week": 12, "month": 3, "quarter": 1}[table.period]
    wanted = int(min(wanted, cells.age.max()))
    cells = cells[cells.age == wanted].sort_values("cohort")
    newest = cells.iloc[-1]
    year = cells[(cells.cohort < newest.cohort) & (cells.cohort >= newest.cohort - pd.DateOffset(years=1))]
    figure = table.estimate(newest)
    if year.empty:
        none = missing(
            text("There is no earlier cohort to compare with."), level=figure.level, unit=table.unit
        )
        return Comparison(wanted, newest.cohort.date(), figure, None, none, none)
    earlier = table.estimate(year.iloc[0])
    return Comparison(
        wanted, newest.cohort.date(), figure, year.iloc[0].cohort.date(), earlier, difference(figure, earlier)
    )
