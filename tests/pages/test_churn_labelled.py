"""A table of one's own on the churn page: uploaded, learned from, explained; what it cannot use is a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from scipy.special import expit
from streamlit.testing.v1 import AppTest

import jobs

SCRIPT = """
from pages.common import later
from pages.leaving import churn_labelled
later.begin()
churn_labelled.draw()
"""


@pytest.fixture(autouse=True)
def _fresh():
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    jobs.wait_for_all(60)


def _table(seed: int = 1, **more) -> bytes:
    rng = np.random.default_rng(seed)
    months = rng.integers(1, 40, 400)
    left = rng.random(400) < expit((20 - months) / 6)
    frame = pd.DataFrame({"who": [f"c{k}" for k in range(400)], "months": months})
    for name, make in more.items():
        frame[name] = make(left)
    frame["churned"] = np.where(left, "yes", "no")
    return frame.to_csv(index=False).encode()


def _sent(content: bytes) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    app.file_uploader[0].set_value(("mine.csv", content, "text/csv"))
    return _settled(app)


def _settled(app: AppTest) -> AppTest:
    app.run()
    for _ in range(6):
        jobs.wait_for_all(60)
        app.run()
    assert not app.exception
    return app


def test_it_is_read_learned_from_and_explained() -> None:
    app = _sent(_table())
    assert app.selectbox[0].value == "churned"
    assert (
        "tells who leaves" in app.markdown[0].value or "Nothing learned here beats" in app.markdown[0].value
    )
    said = [caption.value for caption in app.caption]
    assert any("churned = yes means that a customer left" in s.replace("\\", "") for s in said)
    ranked = app.dataframe[-1].value
    assert len(ranked) == 100
    assert ranked["Reasons"].str.contains("months").mean() > 0.9


def test_a_leak_is_named_and_can_be_let_in() -> None:
    app = _sent(_table(closed=lambda left: np.where(left, "2024-01-01", "")))
    assert "Whether closed is filled" in app.warning[0].value
    app.multiselect[0].set_value(["closed"])
    _settled(app)
    assert "it was let in" in app.warning[0].value
    assert app.multiselect[0].value == ["closed"]


def test_which_value_means_leaving_is_asked_and_a_wrong_column_is_a_sentence() -> None:
    app = _sent(_table(retained=lambda left: np.where(left, "no", "yes")))
    app.selectbox[0].set_value("retained")
    _settled(app)
    assert app.radio[0].options == ["no", "yes"]
    app.selectbox[0].set_value("months")
    _settled(app)
    assert "39 different values" in app.warning[0].value
