"""The Comments page: whatever people wrote is shown as they wrote it, but for their addresses and numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import navigation
import workspace
from models.comments import comments
from models.definitions import Definitions
from pages.common import later
from pages.satisfied import comments_sentences as sentences
from tests.browser.shops import prepare
from tests.models.comment_texts import planted
from tests.models.test_comments import CSAT, shop_of

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "$a$ and **bold** :red[loud] :smile:",
    "<img src=x onerror=alert(1)> &lt;b&gt;",
    "# heading\n- list `code` ~~gone~~ ![p](http://example.com/p.png)",
    "=HYPERLINK(\"http://example.com\",\"x\")",
    "‮ right to left שלום مرحبا",
)  # fmt: skip


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    home = tmp_path / "home"
    prepare(home, "demo")
    monkeypatch.setenv("HOLDFAST_HOME", str(home))
    monkeypatch.setattr(later, "PATIENCE", 60.0)
    st.cache_data.clear()
    st.cache_resource.clear()
    found = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    found.switch_page(navigation.page("comments").path)
    return found


def test_hostile_comments_are_shown_as_text(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    said, _ = planted("en", 140, 3)
    wanted = [
        f"{c} {HOSTILE[i % len(HOSTILE)]} bob{i}@example.com +1 555 123 4{i:03}" for i, c in enumerate(said)
    ]
    frame = {"comment": wanted, "score": np.resize([1.0, 5.0], 140)}
    shop = shop_of(pd.DataFrame(frame))
    monkeypatch.setattr(workspace, "open_shop", lambda kept: shop)
    # What is answered here must not be remembered for the demo shop.
    monkeypatch.setattr(workspace, "code_version", lambda: "hostile")
    app.run()
    assert not app.exception
    quoted = [e.value for e in app.text]
    assert quoted
    assert any(mark in q for q in quoted for mark in ("<script>", "](javascript:", "$a$", "<img", "**bold**"))
    everywhere = quoted + [
        e.value for kind in ("title", "subheader", "markdown", "caption", "info") for e in app.get(kind)
    ]
    assert not any("@example" in t or "555 123" in t for t in everywhere)
    # Markdown never holds what somebody wrote; only words without signs get there, as themes.
    assert not any("<" in e.value or "](" in e.value for e in [*app.markdown, *app.caption])
    table = app.dataframe[-1].value
    assert next(iter(table.columns)) == "Comment"
    assert table.Comment.str.contains("<script>", regex=False).any()
    assert not table.Comment.str.contains("@example|555 123").any()


def test_the_search_and_the_language_change_what_is_shown(app: AppTest) -> None:
    app.run()
    assert "comments in English" in app.markdown[0].value
    everyone = len(app.dataframe[-1].value)
    app.text_input(key="comments.search").set_value("ДОСТАВИЛИ чай").run()
    assert not app.exception
    found = app.dataframe[-1].value
    assert 0 < len(found) < everyone
    assert found.Comment.str.lower().str.contains("доставили").all()
    app.text_input(key="comments.search").set_value("zzz").run()
    assert any("No comment holds all of these words" in c.value for c in app.caption)
    app.selectbox(key="comments.language").set_value("ru").run()
    assert not app.exception
    assert "comments in Russian. Too few for themes" in app.markdown[0].value
    assert app.query_params["comments.language"] == "ru"


def test_the_sentence_names_the_theme_that_scores_lowest_beyond_noise() -> None:
    said, about = planted("en", 400, 8)
    frame = {"comment": said, "score": np.where(about == 0, 1.0, np.resize([4.0, 5.0], 400))}
    (english,) = comments(shop_of(pd.DataFrame(frame)), Definitions()).languages
    theme = sentences.telling(english, CSAT)
    assert theme is not None
    assert theme.scores[CSAT].value < 2
    written = sentences.answer(english, CSAT)
    assert written.startswith("Of 400 comments in English, ")
    assert "of 5, all others 4" in written
    # Where every theme scores alike, the largest is named and no difference is claimed.
    frame["score"] = np.resize([1.0, 2.0, 4.0, 5.0, 3.0, 3.0, 1.0], 400)
    (alike,) = comments(shop_of(pd.DataFrame(frame)), Definitions()).languages
    assert sentences.telling(alike, CSAT) is alike.named[0]
    assert "not clearly different from all others" in sentences.answer(alike, CSAT)
