"""The simulated shops are what theory says they are, and the benchmark says what it promises to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.coverage import TRUTHS, all_shops
from benchmarks.simulated_shops import Events, followed, in_whole_days, season, shocks, simulate
from models.btyd import beta_geometric, pareto
from models.btyd.families import FAMILIES
from models.lifetime_value import expected_new
from models.totals import slope

ROOT = Path(__file__).resolve().parents[2]
SPAN = 400.0


def near(values: np.ndarray, expected: float) -> bool:
    """A mean of independent values within four standard errors of what theory says."""
    return abs(values.mean() - expected) < 4 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("model", FAMILIES)
@pytest.mark.parametrize("kind", ["cdnow", "regulars", "fickle"])
def test_histories_are_the_models(model, kind):
    """Mean frequency E[X(T)] and P(X = 0) of new customers, and at the true parameters the likelihood of
    (x, t, T) has a gradient that averages to zero."""
    truth, family = TRUTHS[model, kind], FAMILIES[model]
    p = np.array(truth.parameters)
    rng = np.random.default_rng(1)
    past = followed(simulate(truth, np.zeros(20_000), SPAN, rng), SPAN, SPAN)
    x, t, T = past.base.x, past.base.t, past.base.T
    assert near(x, expected_new(family, p, np.array([SPAN]))[0])
    if model == "pareto_nbd":
        never = pareto.count_probability(p, SPAN, 0)
    else:
        never = beta_geometric.count_probability(p, SPAN, 0, modified=model == "mbg_nbd")
    assert near((x == 0).astype(float), float(never))
    for scores in slope(lambda theta: family.log_likelihood(np.exp(theta), x, t, T), np.log(p)):
        assert near(scores, 0.0)


@pytest.mark.parametrize("model", FAMILIES)
def test_what_follows_is_what_the_model_expects(model):
    """Of customers won over time: purchases after the origin, and their money, on average as given the history."""
    truth, family = TRUTHS[model, "cdnow"], FAMILIES[model]
    p = np.array(truth.parameters)
    rng = np.random.default_rng(2)
    past = followed(simulate(truth, rng.uniform(0, SPAN, 20_000), SPAN + 200, rng), SPAN, SPAN + 200)
    base = past.base
    alive = family.probability_alive(p, base.x, base.t, base.T)
    expected = alive * family.purchases_if_alive(p, base.x, base.T, np.array([200.0]))[:, 0]
    assert near(past.later - expected, 0.0)
    again = past.later > 0
    P, Q, V = truth.spend
    spend = P * (V + base.x * base.m) / (P * base.x + Q - 1)
    assert near((past.brought - past.later * spend)[again], 0.0)


def test_a_shared_multiplier_moves_everybodys_purchases():
    """Twice the rate in the second half brings two thirds of the purchases of customers who stay."""
    truth = TRUTHS["bg_nbd", "regulars"]
    stays = type(truth)("bg_nbd", (50.0, 500.0, 1e-6, 1.0), truth.spend)
    daily = np.repeat([1.0, 2.0], 200)
    events = simulate(stays, np.zeros(2000), SPAN, np.random.default_rng(3), daily)
    late = events.day[events.day > 0] > 200
    assert near(late.astype(float), 2 / 3)
    assert near(np.bincount(events.customer) - 1, 0.1 * daily.sum())


def test_shocks_and_season_are_as_large_as_they_say():
    rng = np.random.default_rng(4)
    log = np.log([shocks(730, 0.2, rng) for _ in range(2000)])
    assert log[:, 700].std() == pytest.approx(0.2, rel=0.07)
    # Ten weeks apart, the correlation has fallen to 1 / e.
    assert np.corrcoef(log[:, 0], log[:, 70])[0, 1] == pytest.approx(np.exp(-1), abs=0.08)
    year = np.log(season(365, 0.3, rng))
    assert (year.min(), year.max()) == pytest.approx((-0.3, 0.3), abs=1e-4)
    assert year.mean() == pytest.approx(0, abs=1e-12)


def test_whole_days_and_histories_counted_by_hand():
    """Customer 0 buys twice on day 3; customer 1 is won on day 6; origin 5, end 9."""
    events = Events(
        np.array([0, 0, 0, 0, 1, 1]),
        np.array([1.5, 3.2, 3.9, 8.0, 6.0, 7.0]),
        np.array([10.0, 20.0, 5.0, 7.0, 1.0, 2.0]),
        2,
    )
    days = in_whole_days(events)
    assert days.day.tolist() == [1, 3, 8, 6, 7]
    assert days.amount.tolist() == [10, 25, 7, 1, 2]
    past = followed(days, 5, 9)
    base = past.base
    assert [a.tolist() for a in (base.x, base.t, base.T, base.m)] == [[1], [2], [4], [25]]
    assert (past.later.tolist(), past.brought.tolist(), past.days) == ([1], [7], 4)
    assert followed(days, 7, 7).base.x.tolist() == [1, 1]


def test_every_cell_of_the_target_is_measured():
    names = [(shops.name, shops.n) for shops in all_shops()]
    assert len(set(names)) == len(names) == 3 * 3 * 3 + 6 * 3


def test_it_prints_one_object_a_line_and_measures_nothing_twice(tmp_path):
    kept, written = tmp_path / "lines", tmp_path / "coverage.md"
    command = [sys.executable, "-m", "benchmarks.coverage", "--runs", "3", "--customers", "500"]
    command += ["--only", "bg_nbd/fickle", "--lines", str(kept), "--write", str(written)]
    first, again = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False) for _ in range(2)
    )
    assert (first.returncode, first.stderr) == (0, "")
    assert again.stdout == ""
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    fields = {"name", "n", "runs", "coverage", "nominal", "low", "high", "passed", "seconds", "peak_mb"}
    assert all(fields <= set(line) for line in lines)
    assert {line["name"].split("/")[1] for line in lines} == {"bg_nbd", "mbg_nbd"}
    assert all(line["low"] <= line["coverage"] <= line["high"] for line in lines)
    page = written.read_text(encoding="utf-8")
    assert "fickle" in page
    assert " 3 " in page
