"""A planted leak is caught and held out until let in; strong honest features are not suspected."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.learning.frames import Sample
from models.learning.leaks import find_leaks
from models.learning.single import unseen_auc
from tests.models.learning.samples import features, simulated

ROWS = 3000


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(1)
    label = rng.random(ROWS) < 0.3
    numbers = {
        "strong": rng.normal(size=ROWS) + 1.5 * label,
        "cancelled_on": np.where(label, rng.normal(size=ROWS), np.nan),
        "final_bill": rng.normal(size=ROWS) * 0.3 + 2.0 * label,
        "noise": rng.normal(size=ROWS),
    }
    status = np.where(label, rng.integers(0, 2, ROWS), rng.integers(2, 4, ROWS))
    row = np.arange(ROWS)
    categories = {
        "status": (status, ["moved", "closed", "new", "open"]),
        "name": (row, [f"customer {k}" for k in row]),
    }
    return Sample(features(numbers, categories), label, row)


def test_planted_leaks_are_named_and_held_out(sample) -> None:
    found = find_leaks(sample)
    assert found.held_out == ("cancelled_on", "final_bill", "status")
    assert found.kept.names == ("strong", "noise", "name")
    said = {leak.column: leak.sentence() for leak in found.suspected}
    assert said["cancelled_on"].startswith("Whether cancelled_on is filled already tells who left")
    assert said["final_bill"].startswith("final_bill alone tells who left")
    assert said["status"].endswith("It is held out until it is let in.")


def test_what_is_let_in_is_used_and_still_named(sample) -> None:
    found = find_leaks(sample, allowed=["status"])
    assert found.held_out == ("cancelled_on", "final_bill")
    assert "status" in found.kept.names
    assert [leak.column for leak in found.suspected if leak.let_in] == ["status"]


def test_a_strong_honest_feature_is_no_leak(sample) -> None:
    honest = Sample(sample.features.only(["strong", "noise", "name"]), sample.label, sample.customer)
    found = find_leaks(honest)
    assert found.suspected == ()
    # Its AUC is scikit-learn's, up to what binning costs; a name for every row proves nothing on other rows.
    auc = roc_auc_score(sample.label, sample.features.columns["strong"])
    assert auc > 0.84
    assert found.auc["strong"] == pytest.approx(auc, abs=0.01)
    assert found.auc["name"] == pytest.approx(0.5, abs=0.05)


def test_very_good_features_that_agree_are_not_suspected() -> None:
    # Several of .99: the best is not far beyond the next, but all of them are suspected together.
    rng = np.random.default_rng(2)
    label = rng.random(ROWS) < 0.5
    honest = features(
        {"good": rng.normal(size=ROWS) + 2.95 * label, "better": rng.normal(size=ROWS) + 2.7 * label}
    )
    sample = Sample(honest, label, np.arange(ROWS))
    auc = {name: unseen_auc(sample, name) for name in honest.names}
    assert auc["good"] > 0.975 > auc["better"] > 0.95
    assert find_leaks(sample).suspected == ()


def test_where_nothing_honest_is_left_a_sentence_says_so(sample) -> None:
    only = Sample(sample.features.only(["final_bill"]), sample.label, sample.customer)
    with pytest.raises(ValueError, match="Every feature alone"):
        find_leaks(only)
    assert find_leaks(only, allowed=["final_bill"]).kept.names == ("final_bill",)


def test_a_category_of_ten_thousand_levels_is_checked_too() -> None:
    sample, _ = simulated(12_000, seed=1)
    code = np.random.default_rng(1).integers(0, 10_000, 12_000)
    many = features({}, {"c": (code, [str(k) for k in range(10_000)])})
    assert unseen_auc(Sample(many, sample.label, sample.customer), "c") == pytest.approx(0.5, abs=0.05)
