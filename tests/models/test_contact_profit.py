"""What contacting pays: the published expected maximum profit, hand arithmetic, and the exact maximum over lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from models.contact_profit import Costs, best_on_average, expected_maximum_profit, profit, terms

LABELS, SCORES = [0, 1, 0, 1, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def test_the_expected_maximum_profit_is_the_published_one() -> None:
    # Verbraken, Verbeke and Baesens (2013): value 200, offer 10, contact 1, share saved ~ Beta(6, 14).
    assert expected_maximum_profit(LABELS, SCORES) == pytest.approx(23.8756, abs=5e-5)


def test_ties_are_contacted_together() -> None:
    # All scores alike: everybody or nobody. 4 churners bring 190 gamma - 1, the others cost 11 each.
    always = 4 * (190 * 0.3 - 1) - 4 * 11
    assert expected_maximum_profit(LABELS, [0.5] * 8) == pytest.approx(always / 8, abs=0.01)


def test_labels_without_scores_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="2 labels and 1 scores"):
        expected_maximum_profit([0, 1], [0.5])


lines = st.lists(st.tuples(st.floats(-50, 50), st.floats(-20, 20)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(lines, st.floats(0.5, 20), st.floats(0.5, 20))
def test_the_maximum_over_lines_agrees_with_a_sum_over_the_prior(found, a: float, b: float) -> None:
    A, B = (np.array(column) for column in zip(*found, strict=True))
    share = beta.ppf((np.arange(20_000) + 0.5) / 20_000, a, b)
    summed = (share[:, None] * A - B).max(axis=1).mean()
    assert best_on_average(A, B, a, b) == pytest.approx(summed, abs=0.02)


def test_one_customer_by_hand() -> None:
    # Leaves with .6: saved brings 100 - 10; stays with .4 and takes the 10; the contact costs 1.
    a, b = terms(np.array([0.4]), np.array([100.0]), Costs(1, 10, 0.3))
    assert a[0] == pytest.approx(0.6 * 90)
    assert b[0] == pytest.approx(0.4 * 10 + 1)


def test_every_step_of_the_playbook_has_its_own_costs() -> None:
    # Leaves with .6, worth 100; an offer is 10 when taken, a contact 1.
    step = ["offer", "call", "points", "reminder", "nothing"]
    a, b = terms(np.full(5, 0.4), np.full(5, 100.0), Costs(1, 10, 0.3), step)
    assert a.tolist() == pytest.approx([0.6 * 90, 60, 60, 60, 0])
    assert b.tolist() == pytest.approx([0.4 * 10 + 1, 1, 1, 1, 0])


def test_an_offer_to_some_is_not_charged_to_all_and_nothing_changes_nothing() -> None:
    # By hand, half saved: the offer brings (50 - 10) / 2 - 1, nothing 0, the reminder 8 / 2 - 1, the last 1 / 2 - 1.
    step = ["offer", "nothing", "reminder", "reminder"]
    found = profit(np.zeros(4), np.array([50.0, 40.0, 8.0, 1.0]), Costs(1, 10, 0.5), step)
    assert found.mean.tolist() == pytest.approx([0, 19, 19, 22, 21.5])
    assert found.cut.value == 3
    assert found.break_even.value == pytest.approx(2 / 48)
    nobody = profit(np.zeros(2), np.array([50.0, 40.0]), Costs(1, 10, 0.5), ["nothing", "nothing"])
    assert nobody.cut.value == 0
    assert nobody.at_most == 0


def test_the_cut_is_where_the_next_contact_no_longer_pays() -> None:
    # Three customers certain to leave, worth 50, 10 and 2; a contact costs 1, no offer, half are saved.
    found = profit(np.zeros(3), np.array([50.0, 10.0, 1.0]), Costs(1, 0, 0.5))
    assert found.customers.tolist() == [0, 1, 2, 3]
    assert found.mean.tolist() == pytest.approx([0, 24, 28, 27.5])
    assert found.cut.value == 2
    assert found.best.value == pytest.approx(28)
    assert found.break_even.value == pytest.approx(2 / 60)
    assert found.low[2] <= 28 <= found.high[2]


@pytest.mark.parametrize(("n", "offer"), [(200, 10), (200, 0), (2_000, 5)])
def test_the_break_even_rate_is_as_sure_as_drawing_the_customers_again_says(n: int, offer: float) -> None:
    rng = np.random.default_rng(0)
    chance, value = rng.beta(1, 3, n), -np.sort(-rng.gamma(0.5, 100, n))
    found = profit(chance, value, Costs(1, offer, 0.3), draws=4_000)
    k = int(found.cut.value)
    a, b = (column[:k] for column in terms(chance, value, Costs(1, offer, 0.3)))
    drawn = rng.poisson(1.0, (4_000, k))
    low, high = np.quantile((drawn @ b) / (drawn @ a), [0.05, 0.95])
    # The rate that is assumed has no part in the rate at which it breaks even.
    assert found.break_even.low > 0
    assert found.break_even.high - found.break_even.low == pytest.approx(high - low, rel=0.1)


def test_where_nothing_pays_nobody_is_to_be_contacted() -> None:
    found = profit(np.full(5, 0.5), np.full(5, 3.0), Costs(1, 10, 0.3))
    assert found.cut.value == 0
    assert not found.break_even.known
    assert "costs more" in found.break_even.why_missing
    assert found.gains == 0


def test_an_empty_list_says_so() -> None:
    found = profit(np.zeros(0), np.zeros(0), Costs())
    assert not found.cut.known
    assert found.cut.why_missing


def test_the_same_list_gives_the_same_interval_and_large_lists_agree_with_small_blocks() -> None:
    rng = np.random.default_rng(3)
    chance, value = rng.beta(1, 3, 4_000), -np.sort(-rng.gamma(1, 60, 4_000))
    one, two = profit(chance, value, Costs()), profit(chance, value, Costs())
    assert (one.cut, one.best, one.at_most) == (two.cut, two.best, two.at_most)
    a, b = terms(chance, value, Costs())
    exact = np.concatenate([[0], np.cumsum(0.3 * a - b)])
    # Blocks of ten customers: within one block of the exact best.
    assert abs(one.cut.value - exact.argmax()) <= 10
    assert one.best.value == pytest.approx(exact.max(), rel=1e-3)
    assert one.at_most >= one.best.value


def test_the_interval_of_the_profit_holds_what_a_known_share_then_brings() -> None:
    rng = np.random.default_rng(5)
    value, chance = np.full(300, 80.0), np.full(300, 0.3)
    costs, inside = Costs(1, 5, 0.3), 0
    found = profit(chance, value, costs, draws=2_000)
    for _ in range(400):
        saved = rng.beta(*costs.beta)
        leaves = rng.random(300) > chance
        wins = leaves & (rng.random(300) < saved)
        brought = wins.sum() * 75 - 5 * (~leaves).sum() - 300
        inside += found.low[-1] <= brought <= found.high[-1]
    # 90% nominal; outcomes vary a little more than expectations do.
    assert inside / 400 > 0.84


@pytest.mark.parametrize("wrong", [{"contact": -1}, {"offer": -1}, {"saved": 0}, {"saved": 1}])
def test_costs_that_cannot_be_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="expected costs from 0 on"):
        Costs(**wrong)
