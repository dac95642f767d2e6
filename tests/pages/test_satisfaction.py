"""The Satisfaction page: its sentences on awkward answers, and the page on the demo shop."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import jobs
import words
from charts import satisfaction as drawing
from models.definitions import Definitions
from models.satisfaction_groups import Group
from models.satisfaction_trend import Satisfaction, satisfaction
from pages.satisfied import satisfaction_sentences as sentences
from pages.satisfied import satisfaction_who as who
from shop import Shop
from tests.browser.shops import prepare
from tests.pages.test_pages import opened, said


def counted(*months: dict[int, int], kind: str = "NPS", ends: tuple[int, int] = (0, 10)) -> Satisfaction:
    """What the page shows of these answers by score, a month each; the shop itself is not asked."""
    rows = [
        {"kind": kind, "question": "", "lowest": ends[0], "highest": ends[1], "on_scale": True}
        | {"month": dt.date(2024, 1 + m, 1), "score": float(score), "answers": n}
        for m, scores in enumerate(months)
        for score, n in scores.items()
    ]
    columns = ["kind", "question", "lowest", "highest", "on_scale", "month", "score", "answers"]
    frame = pd.DataFrame(rows, columns=columns).astype({"on_scale": bool})
    return satisfaction(Shop("x", "x", None), Definitions(), kind=kind, counts=frame)  # type: ignore[arg-type]


def told(found: Satisfaction) -> str:
    return " ".join([sentences.answer(found, "NPS"), sentences.change(found), sentences.spread(found)])


def test_ten_answers_get_a_wide_interval_and_no_change() -> None:
    found = counted({9: 6, 7: 2, 0: 2})
    assert sentences.answer(found, "NPS").startswith("NPS 40 (-")
    assert sentences.answer(found, "NPS").endswith("; too few answers to speak of a change.")
    assert "nothing can be said of a change" in told(found)


def test_one_month_only_has_no_change() -> None:
    found = counted({9: 60, 7: 20, 0: 20})
    assert "too few answers to speak of a change" in sentences.answer(found, "NPS")


def test_the_same_score_from_everybody_is_no_certainty() -> None:
    found = counted({10: 12})
    assert "Everybody gave the same score, 10" in told(found)
    assert found.score.high == 1 > found.score.low


def test_a_change_within_noise_says_how_many_answers_would_show_it() -> None:
    found = counted({10: 50, 8: 30, 2: 20}, {10: 52, 8: 28, 2: 20})
    change = sentences.change(found)
    assert "Feb 2024 has 32" in change
    assert "2 points more" in change
    assert "answers a period would be needed; there were 100 and 100" in change
    assert sentences.answer(found, "NPS").endswith("the last change is within noise.")


def test_a_change_beyond_noise_says_which_way() -> None:
    found = counted({10: 50, 8: 30, 2: 20}, {10: 20, 8: 30, 2: 50})
    assert "downwards, is more than noise" in sentences.answer(found, "NPS")
    assert "more than noise" in sentences.change(found)


def test_csat_names_its_boxes_and_ces_its_convention() -> None:
    stars = counted({5: 30, 4: 30, 1: 10}, kind="CSAT", ends=(1, 5))
    assert sentences.meaning(stars) == "CSAT is the share that answers 4 and 5 of 1 to 5."
    assert "CSAT 85.7%" in sentences.answer(stars, "CSAT")
    easy = counted({7: 30, 2: 10}, kind="CES", ends=(1, 7))
    assert "5, 6, and 7 of 1 to 7" in sentences.meaning(easy)


def test_nothing_is_a_sentence() -> None:
    assert "Nobody has answered" in sentences.answer(counted(), "NPS")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_say_in_words_what_they_show(theme: str) -> None:
    found = counted({10: 50, 8: 30, 2: 20}, {9: 3})
    scores, trend = drawing.distribution(found, theme), drawing.trend(found, theme)
    assert "10: 50" in scores.alt
    assert scores.data["answers"].sum() == 103
    assert "Feb 2024: 100" in trend.alt
    assert {bar.marker.pattern.shape for bar in scores.figure.data} == {"", ".", "/"}
    hollow = [trace for trace in trend.figure.data if trace.name == "too few answers"]
    assert len(hollow) == 1
    assert list(hollow[0].y) == [1.0]


def test_bands_are_named_by_their_ends() -> None:
    score = counted({10: 50}).score
    assert who.group_name("tenure", Group("", score, np.nan, 30), "USD") == "up to 30 days"
    assert who.group_name("spent", Group("", score, 40, np.nan), "USD") == "above $40"
    assert who.group_name("channel", Group("Referral", score), "USD") == "Referral"


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo") / "home"
    prepare(home, "demo")
    return home


def settled(app: AppTest) -> AppTest:
    """The page once its jobs are over."""
    for _ in range(3):
        jobs.wait_for_all(60)
        app.run()
    return app


def test_the_page_on_the_demo_shop(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = settled(
        opened("satisfaction", demo_home, monkeypatch, view="full", **{"satisfaction.invited": "900"})
    )
    page = " ".join(said(app))
    assert not app.exception
    assert "NPS 31 (23–38); the last change is within noise." in page
    assert "of promoters" in page
    assert "goes with" in page.lower()
    assert "5 comparisons, corrected for their number" in page
    assert "33.3% of those who were asked answered" in page
    assert not app.warning


def test_csat_and_its_boxes_are_in_the_address(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = {"satisfaction.kind": "CSAT", "satisfaction.boxes": "1"}
    app = settled(opened("satisfaction", demo_home, monkeypatch, **query))
    page = " ".join(said(app))
    # 139 of 280 gave five stars.
    assert "CSAT 49.6%" in page
    assert "5 of 1 to 5" in page


def test_more_answers_than_invitations_is_a_sentence(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = settled(opened("satisfaction", demo_home, monkeypatch, **{"satisfaction.invited": "100"}))
    assert any("300 answers came, but 100 invitations" in w.value for w in app.warning)


def test_every_section_speaks_through_words(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = {"lang": words.PSEUDO, "satisfaction.invited": "900"}
    app = settled(opened("satisfaction", demo_home, monkeypatch, view="full", **query))
    words.use("en")
    for text in said(app):
        outside = text.replace("Demo shop, 2,000 customers, seed 1", "")
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", outside)) != outside:
            outside = shorter
        outside = re.sub(r":material/\w+:", "", outside)
        assert not re.search(r"[A-Za-z]{2,}", outside), text
