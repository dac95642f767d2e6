"""The Order ladder page's sentences on shops that are awkward, and its choices."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import jobs
from models.estimate import Estimate, missing, share
from models.order_ladder_threshold import Threshold
from pages.coming_back import order_ladder_sentences as sentences
from tests.browser.shops import prepare
from tests.pages.test_pages import opened, said


def settled(app: AppTest) -> AppTest:
    """The page once its jobs are over: the ladder's, and those that follow it."""
    for _ in range(3):
        jobs.wait_for_all(60)
        app.run()
    return app


def rise(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, 100)


SHARES = (share(300, 1000), share(450, 900), share(500, 700))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Threshold(365, SHARES, (rise(0.2, 0.1, 0.3), rise(0.05, 0.01, 0.09)), 2, True, 2),
            ["more than with any other", "does not hold here"],
        ),
        (
            Threshold(365, SHARES, (rise(0.2, 0.1, 0.3), rise(0.19, 0.1, 0.3)), 2, False, None),
            ["within noise", "third order, at which the saying"],
        ),
        (
            Threshold(90, SHARES, (rise(0.01, -0.1, 0.1), rise(0.2, 0.1, 0.3)), 3, True, 3),
            ["Here the saying holds", "90 days"],
        ),
        (
            Threshold(365, SHARES, (rise(0.01, -0.1, 0.1), rise(0.0, -0.1, 0.1)), None, False, 1),
            ["no more than chance"],
        ),
        (Threshold(365, SHARES[:1], (), None, False, None), ["Too few customers have ordered twice"]),
    ],
)
def test_the_threshold_in_words(found: Threshold, words: list[str]) -> None:
    told = sentences.begins(found)
    assert [w for w in words if w not in told] == []


def test_an_interval_that_is_not_reached_says_so() -> None:
    assert sentences.reached(missing("", unit="days")) == "not reached"
    assert (
        sentences.reached(Estimate(30, 20, float("inf"), 50, unit="days")) == "30 (from 20, end not reached)"
    )
    assert sentences.reached(Estimate(30, 20, 44, 50, unit="days")) == "30 (20–44)"


def test_the_page_answers_on_cdnow_and_keeps_its_choice_in_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    prepare(home, "cdnow")
    app = settled(opened("order_ladder", home, monkeypatch, view="full", **{"ladder.step": "2"}))
    page = " ".join(said(app))
    assert "45.9% (45.3%–46.4%) order a second time within a year" in page
    assert "loyalty begins at the second order" in page
    assert "second to third order within a year" in page
    assert "degrees of freedom" in page
    assert "has not been observed here yet" in page
    assert not app.warning


def test_a_tiny_shop_gets_a_sentence_and_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    prepare(home, "tiny")
    app = settled(opened("order_ladder", home, monkeypatch))
    page = " ".join(said(app))
    assert "There are only 3 customers" in page
    assert "%" not in page.replace("90% intervals", "")
