"""How customers differ by what their first order says: a model of purchases with covariates, fitted to a shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.btyd.covariate_effects import BUYING, DROPOUT, LikelihoodRatio
from models.btyd.covariate_likelihood import designs
from models.btyd.covariates import (
    BetaGeoCovariatesFitter,
    CovariatesFitter,
    ModifiedBetaGeoCovariatesFitter,
    ParetoNBDCovariatesFitter,
)
from models.btyd.families import BG_NBD, FAMILIES, MBG_NBD, PARETO_NBD
from models.btyd.inputs import Floats
from models.btyd.patterns import Levels
from models.cohort_split import firsts, pooled
from models.customer_base import NoCustomers, no_customers
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import weights
from models.purchases import histories
from models.totals import interval, slope
from shop import Shop
from words import text

FITTERS: dict[str, type[CovariatesFitter]] = {
    BG_NBD.name: BetaGeoCovariatesFitter,
    MBG_NBD.name: ModifiedBetaGeoCovariatesFitter,
    PARETO_NBD.name: ParetoNBDCovariatesFitter,
}


@dataclass(frozen=True)
class CovariateFit:
    """`table`, a row a level: `covariate` (a column), `level`, `customers`, `base` (the level others are compared with,
    the most frequent), lists of Estimates: `buying` and `dropout`, by how much the level multiplies the mean rate of
    buying and the mean dropout (1 for the base), and `purchases`, repeat purchases that a new customer is expected to make
    within `days`, all other columns at their base.

    Dropout is the chance to stop after a purchase (`dropout_unit` "share") or the rate of leaving ("rate"). `test`:
    whether customers differ beyond chance; `beyond` says so at the definitions' level. `aic` is by how much AIC is lower
    (then it is negative) than without covariates. `notes`: what was merged, left out or not determined."""

    table: pd.DataFrame
    by: tuple[str, ...]
    model: str
    dropout_unit: str
    test: LikelihoodRatio
    aic: float
    level: float
    days: float
    customers: int
    notes: tuple[str, ...]

    @property
    def beyond(self) -> bool:
        return self.test.p_value < 1 - self.level

    def compared_with(self, covariate: str) -> str:
        """The base level of a column."""
        return str(self.table.level[self.table.base & (self.table.covariate == covariate)].iloc[0])

    def standing_out(self, of: str) -> pd.DataFrame:
        """The rows that differ from 1 in `of` ("buying" or "dropout") beyond chance, the farthest first; none where
        customers on the whole do not. Of many levels some would by luck: Bonferroni's correction allows for that."""
        low, value = (np.array([getattr(e, end) for e in self.table[of]]) for end in ("low", "value"))
        far = np.abs(np.log(value))
        compared = int((~self.table.base).sum())
        wider = norm.isf((1 - self.level) / 2 / compared) / norm.isf((1 - self.level) / 2)
        rows = self.table.assign(far=far)[self.beyond & (far > wider * np.log(value / low))]
        return rows.sort_values("far", ascending=False, kind="stable").drop(columns="far")


def covariate_fit(
    shop: Shop,
    definitions: Definitions,
    *,
    by: Sequence[str],
    model: str = BG_NBD.name,
    penalizer: float = 0.0,
) -> CovariateFit:
    """See CovariateFit; `by` are columns that `cohort_split.available` names, as a customer's first order has them.

    Raises ValueError with a sentence where there is no column, customers are alike in all of them, or nothing can be
    fitted.
    """
    if not by:
        raise ValueError(text("No column was chosen by which customers could differ: choose one."))
    rows = counts(shop, definitions, by)
    if rows.empty:
        raise NoCustomers(no_customers())
    family = FAMILIES[model]
    fitter = FITTERS[model](penalizer_coef=penalizer).fit(
        rows.frequency, rows.recency, rows["T"], rows[list(by)], rows.customers
    )
    if not fitter.coding_.terms:
        raise ValueError(" ".join(fitter.notes_))
    days, _ = weights(definitions)
    level, customers = definitions.level, int(rows.customers.sum())
    return CovariateFit(
        levels(fitter, rows, float(days[-1]), level, family.title),
        tuple(by),
        model,
        "rate" if model == PARETO_NBD.name else "share",
        fitter.likelihood_ratio_,
        fitter.aic_ - fitter.plain_.aic_,
        level,
        float(days[-1]),
        customers,
        tuple(fitter.notes_),
    )


def counts(shop: Shop, definitions: Definitions, by: Sequence[str]) -> pd.DataFrame:
    """How many `customers` share the columns `by` of their first order (rare values together) and (`frequency`,
    `recency`, `T`): counted in the engine, and all that a fit needs."""
    told = firsts(shop, definitions, *by)
    told = told.select("customer", **{name: pooled(shop, definitions, told, name) for name in by})
    each = histories(shop, definitions).join(told, "customer")
    keys = [*by, "frequency", "recency", "T"]
    return each.group_by(keys).agg(customers=each.count()).order_by(keys).execute()


def levels(
    fitter: CovariatesFitter, rows: pd.DataFrame, days: float, level: float, method: str
) -> pd.DataFrame:
    """`CovariateFit.table`."""
    found = fitter.effects(level).set_index(["acts_on", "covariate", "level"])
    columns = [each for each in fitter.coding_.columns if isinstance(each, Levels)]
    base = {each.name: each.levels[0] for each in columns}
    customers = {each.name: _customers(each, rows) for each in columns}
    each_level = [(each.name, name) for each in columns for name in each.levels]
    asked = pd.DataFrame([base | {column: name} for column, name in each_level])
    expected, sd = new_customers(fitter, asked, days)
    low, high = interval(expected, sd, level)

    def effect(acts_on: str, column: str, name: str, n: int) -> Estimate:
        at = (1.0, 1.0, 1.0)
        if name != base[column]:
            row = found.loc[(acts_on, column, name)]
            at = (float(row.multiplier), float(row.low), float(row.high))
        return Estimate(*at, n, level, "ratio", f"{method}, Laplace")

    table = pd.DataFrame(each_level, columns=["covariate", "level"])
    table["customers"] = [customers[column][name] for column, name in each_level]
    table["base"] = [name == base[column] for column, name in each_level]
    for title, acts_on in (("buying", BUYING), ("dropout", DROPOUT)):
        table[title] = [effect(acts_on, *row) for row in zip(*_ids(table), strict=True)]
    table["purchases"] = [
        Estimate(float(v), float(a), float(b), n, level, "purchases", f"{method}, Laplace")
        for v, a, b, n in zip(expected, low, high, table.customers, strict=True)
    ]
    return table


def _ids(table: pd.DataFrame) -> list[list]:
    return [table[name].tolist() for name in ("covariate", "level", "customers")]


def _customers(column: Levels, rows: pd.DataFrame) -> dict[str, int]:
    """Of each level, merged ones under their common name."""
    names = rows[column.name].astype(str)
    if column.other:
        names = names.where(names.isin(column.levels), column.other)
    return rows.customers.groupby(names).sum().astype(int).to_dict()


def new_customers(fitter: CovariatesFitter, covariates: pd.DataFrame, days: float) -> tuple[Floats, Floats]:
    """Repeat purchases expected within `days` of a new customer, a row of `covariates` each, and the standard deviation
    that the coefficients' and parameters' error gives them (delta method on Laplace's covariance)."""
    plain = fitter.base()

    def expected(log_parameters: Floats) -> float:
        plain.params_ = pd.Series(np.exp(log_parameters), index=list(fitter.base.names))
        return float(plain.expected_number_of_purchases_up_to_time(days))

    at = np.log(fitter.parameters_of(covariates))
    z, row = fitter.coding_.patterns(covariates)
    sizes = np.array([size for _, _, size in fitter.coding_.terms])
    # A customer's four log-parameters are linear in theta, so that slopes by those four are enough.
    J = np.array(
        [
            slope(expected, four) @ matrix
            for four, matrix in zip(at, designs(z * sizes, fitter.acts)[row], strict=True)
        ]
    )
    variance = np.einsum("ij,jk,ik->i", J, fitter.covariance_.to_numpy(), J)
    return np.array([expected(four) for four in at]), np.sqrt(variance)
