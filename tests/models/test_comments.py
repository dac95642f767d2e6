"""Themes of a shop's comments: their shares and scores against planted ones, real Portuguese reviews, what is shown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest

from models.comment_search import everything, search
from models.comments import Comments, Measure, comments, mean_score
from models.definitions import Definitions
from shop import Shop
from tests.models.comment_texts import THEMES, planted

CSAT = Measure("CSAT", "1-5", 1.0, 5.0)


def shop_of(frame: pd.DataFrame, zone: str = "UTC") -> Shop:
    """A shop of these answers; what is not given is empty."""
    frame = pd.DataFrame(
        {"answered_at": "2024-03-01", "kind": "CSAT", "score": 3.0, "scale": "1-5", "order_id": None}
        | dict(frame)
    )
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute(
        "CREATE TABLE surveys AS SELECT answered_at::TIMESTAMP answered_at, order_id::VARCHAR order_id,"
        " kind::VARCHAR AS kind, score::DOUBLE score, scale::VARCHAR AS scale, comment::VARCHAR AS comment FROM frame"
    )
    surveys = ibis.duckdb.from_connection(connection).table("surveys")
    return Shop("test:comments", "comments", surveys, surveys=surveys, zone=zone)


@pytest.fixture(scope="module")
def mixed() -> tuple[Comments, np.ndarray]:
    """English and Ukrainian comments; late ones score 1 or 2, all others 4 or 5; late ones grow in the last quarter."""
    random = np.random.default_rng(7)
    (said, about), (ukrainian, _) = planted("en", 900, 11), planted("uk", 90, 12)
    late = about == THEMES.index("late")
    score = np.where(late, random.integers(1, 3, 900), random.integers(4, 6, 900))
    last = np.where(late, random.random(900) < 0.8, random.random(900) < 0.4)
    frame = pd.DataFrame(
        {
            "comment": [*said, *ukrainian, "👍", "", None, "Très bien"],
            "score": [*score, *([3] * 94)],
            "answered_at": [*np.where(last, "2024-05-10 12:00", "2024-02-10 12:00"), *(["2024-02-01"] * 94)],
        }
    )
    return comments(shop_of(frame), Definitions()), about


def test_shares_and_scores_are_the_planted_ones(mixed: tuple[Comments, np.ndarray]) -> None:
    found, about = mixed
    assert (found.answers, found.comments) == (994, 992)
    assert [(each.code, each.comments) for each in found.languages] == [
        ("en", 900),
        ("uk", 90),
        ("fr", 1),
        ("", 1),
    ]
    english = found.languages[0]
    # The lateness may be told in parts (deliveries, parcels), of which not every one must hold.
    late = [t for t in english.named if t.scores[CSAT].value < 3]
    truth = float((about == THEMES.index("late")).mean())
    assert 0.4 * truth < sum(t.share.value for t in late) < truth + 0.03
    for theme in late:
        assert theme.scores[CSAT].high < 3 < theme.others[CSAT].low
        assert theme.apart[CSAT].high < 0
        assert set(" ".join(theme.words).split()) & {"delivery", "parcel", "waiting"}
        before, after = theme.quarters.share
        assert before.high < after.low
    # "Other words" and the named themes hold every comment once.
    assert sum(t.comments for t in english.themes) == 900
    assert all(len({s.comment for s in t.said}) == 3 for t in english.named)


def test_too_few_comments_are_said_to_be_too_few(mixed: tuple[Comments, np.ndarray]) -> None:
    french = mixed[0].languages[2]
    assert french.themes == ()
    assert "Too few" in french.why_missing


def test_no_answers_and_no_comments_are_sentences() -> None:
    silent = shop_of(pd.DataFrame({"comment": [None, "", "  "]}))
    with pytest.raises(ValueError, match="nobody wrote"):
        comments(silent, Definitions())
    with pytest.raises(ValueError, match="no survey answers"):
        comments(Shop("x", "x", silent.orders), Definitions())


def test_the_days_observed_are_the_shops_own() -> None:
    # Half past eleven in the evening of 31 March in New York is 1 April in UTC.
    frame = pd.DataFrame(
        {"comment": ["in March", "in April"], "answered_at": ["2024-04-01 03:30", "2024-04-01 04:30"]}
    )
    shop = shop_of(frame, "America/New_York")
    until = Definitions(observed_until=dt.date(2024, 3, 31))
    found = search(shop, until)
    assert list(found.newest.comment) == ["in March"]
    assert list(found.newest.on) == [dt.date(2024, 3, 31)]


def test_search_finds_all_words_in_any_case_and_shows_them_masked() -> None:
    said = [
        "Delivery LATE, write to bob@example.com",
        "late, call +1 555 123 4567",
        "delivery fine",
        "Доставка Запізнилася",
    ]
    shop = shop_of(pd.DataFrame({"comment": said}))
    found = search(shop, Definitions(), asked="late delivery")
    assert found.matching == 1
    assert list(found.newest.comment) == ["Delivery LATE, write to [e-mail]"]
    assert search(shop, Definitions(), asked="запізнилася").matching == 1
    assert search(shop, Definitions(), asked="100%_'; DROP TABLE surveys").matching == 0
    exported = pd.concat(everything(shop, Definitions()))
    assert len(exported) == 4
    assert not exported.Comment.str.contains("@|555").any()


def test_no_address_is_among_words_or_examples() -> None:
    said, _ = planted("en", 200, 2)
    shop = shop_of(pd.DataFrame({"comment": [f"{c} bob@example.com 555-123-4567" for c in said]}))
    (english,) = comments(shop, Definitions()).languages
    shown = " ".join(s.comment for t in english.themes for s in t.said)
    assert "@" not in shown
    assert "555" not in shown
    assert not {"bob", "example", "com", "mail", "phone"} & {
        w for t in english.named for w in " ".join(t.words).split()
    }


@pytest.mark.parametrize(
    "chances",
    [
        (0.01, 0.01, 0.03, 0.15, 0.8),
        (0.01, 0, 0, 0, 0.99),
        (0.3, 0.05, 0.05, 0.1, 0.5),
        (0.2, 0.2, 0.2, 0.2, 0.2),
        (0, 0, 0, 0, 1),
    ],
)
@pytest.mark.parametrize("n", [10, 50])
def test_means_on_a_scale_keep_their_coverage(chances: tuple[float, ...], n: int) -> None:
    random = np.random.default_rng(3)
    scale = np.arange(1.0, 6.0)
    truth = float(np.dot(scale, chances))
    drawn = [mean_score(random.choice(scale, n, p=chances), CSAT, 0.9) for _ in range(800)]
    assert np.mean([e.low - 1e-9 <= truth <= e.high + 1e-9 for e in drawn]) >= 0.87
    assert all(1 <= e.low <= e.value <= e.high <= 5 for e in drawn)
    # Answers that all agree still leave a doubt.
    assert all(e.high - e.low > 0.05 for e in drawn)


def test_portuguese_reviews_tell_not_received_from_arrived_early(shared_data: Path) -> None:
    rows = pd.read_csv(shared_data / "olist" / "olist_order_reviews_dataset.csv")
    frame = pd.DataFrame(
        {
            "comment": rows.review_comment_message,
            "score": rows.review_score.astype(float),
            "answered_at": rows.review_answer_timestamp,
        }
    )
    found = comments(shop_of(frame, "America/Sao_Paulo"), Definitions())
    portuguese = found.languages[0]
    assert portuguese.code == "pt"
    assert portuguese.comments > 0.95 * found.comments
    unreceived = [t for t in portuguese.named if any("recebi" in w for w in t.words)]
    early = [t for t in portuguese.named if {"antes", "chegou"} & set(t.words)]
    assert unreceived
    assert early
    for theme in unreceived:
        assert theme.apart[CSAT].high < 0
        assert theme.scores[CSAT].high < 2.5
        assert any("não" in w.split() or "nao" in w.split() for w in theme.words)
    assert max(t.scores[CSAT].low for t in early) > 4
