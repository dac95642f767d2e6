"""The models tried on two real shops: what the classifiers are worth there, and how far off their chances are."""

from __future__ import annotations

import pandas as pd
import pytest

from models.churn import backtest

FIGURES = ("auc", "pr_auc", "brier", "log_loss", "calibration_error")


def intervals_hold_their_figures(tried: pd.DataFrame) -> None:
    for figure in FIGURES:
        assert (tried[f"{figure}_low"] < tried[f"{figure}_high"]).all()
        assert tried[figure].between(tried[f"{figure}_low"], tried[f"{figure}_high"]).all()


@pytest.fixture(scope="module")
def retail(online_retail) -> pd.DataFrame:
    return backtest(online_retail.orders, 90, ["2011-07-11", "2011-08-10", "2011-09-10"])


def test_online_retail_on_three_days(retail: pd.DataFrame) -> None:
    """The base rate drifts there: quick trials of others scored a calibration error of .025 to .091."""
    assert len(retail) == 3 * 4
    intervals_hold_their_figures(retail)
    used = retail[retail.chosen].set_index("snapshot_day")
    assert len(used) == 3
    assert (used.calibration_error <= 0.091).all()
    # No model is nearer to the truth than an exactly right one of that size may be by chance.
    assert (used.calibration_error_high > used.calibration_error_perfect_low).all()


def test_the_chosen_model_is_not_worse_than_btyd_on_online_retail(retail: pd.DataFrame) -> None:
    by_day = retail.set_index(["snapshot_day", "model"])
    for day, used in retail[retail.chosen].groupby("snapshot_day"):
        assert used.log_loss.item() <= by_day.loc[(day, "btyd"), "log_loss"]
        assert used.auc.item() >= by_day.loc[(day, "btyd"), "auc_low"]


def test_cdnow_half_a_year_ahead(cdnow_master) -> None:
    """All 23,570 customers on New Year 1998: classifiers and both baselines, and none but the likeliest is used."""
    tried = backtest(cdnow_master.orders, 180, ["1998-01-01"]).set_index("model")
    assert set(tried.index) == {"boosting", "logistic", "btyd", "recency"}
    assert (tried.n == 23_570).all()
    intervals_hold_their_figures(tried)
    bought = cdnow_master.orders.execute()
    on = pd.to_datetime(bought.ordered_on)
    came = bought.customer[(on > "1998-01-01") & (on <= "1998-06-30")].nunique()
    assert tried.base_rate.tolist() == pytest.approx([1 - came / 23_570] * 4)
    assert tried.log_loss[tried.chosen].item() <= tried.log_loss["btyd"]
    assert (tried.auc > 0.75).all()
