"""What the models of purchases in continuous time share: they are fitted to (frequency, recency, T)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd.base import Fitter
from models.btyd.inputs import Counts, Floats
from models.btyd.newton import Optimum
from words import text


class HistoryFitter(Fitter):
    """A fitter of customers' histories, with those of lifetimes' methods that do not depend on the model."""

    def predict(self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Any:
        """The same as `conditional_expected_number_of_purchases_up_to_time`."""
        return self.conditional_expected_number_of_purchases_up_to_time(t, frequency, recency, T)

    def conditional_expected_number_of_purchases_up_to_time(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Any:
        """Expected purchases in (T, T + t] given the history."""
        raise NotImplementedError

    def conditional_probability_alive_matrix(
        self, max_frequency: int | None = None, max_recency: int | None = None
    ) -> Floats:
        """P(alive) by recency (rows) and frequency (columns) for a customer aged `max_recency`."""
        columns = np.arange((max_frequency or int(self.data["frequency"].max())) + 1)
        oldest = max_recency or int(self.data["T"].max())
        return self._alive(columns[None, :], np.arange(oldest + 1)[:, None], oldest)

    def generate_new_data(self, size: int = 1, seed: int | None = None) -> pd.DataFrame:
        """Simulate `size` customers observed as long as those fitted (`simulate`)."""
        rng = np.random.default_rng(seed)
        ages = self.data["T"].to_numpy(float)
        if len(ages) != size:
            share = self.data["weights"].to_numpy(float)
            ages = rng.choice(ages, size=size, p=share / share.sum())
        return self._simulated(ages, rng)

    def _alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive), broadcast."""
        raise NotImplementedError

    def _simulated(self, ages: Floats, rng: np.random.Generator) -> pd.DataFrame:
        """One row a customer of these ages."""
        raise NotImplementedError

    def _keep_counted(self, best: Optimum, units: Floats, counts: Counts, *, verbose: bool) -> None:
        if counts.purchases == 0:
            self.notes_.insert(
                0,
                text("Nobody has bought twice yet: whether and when customers come back cannot be known."),
            )
        # A density of x purchase times has the unit time^-x.
        self._keep(best, units, best.value - counts.purchases * np.log(counts.scale), counts.customers)
        if verbose:
            self.notes_.append(text("The fit needed {n} evaluations.", n=best.evaluations))
