"""The Data page with a survey file: what is recognised, what a person changes, and what the data set has then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data import connections, snapshots
from data.catalog import LOCAL, Catalog
from data.ingest import import_orders
from shop import Shop

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "data" / "fixtures"

ORDERS = """order,customer,email,date,total
1001,7,ann@example.com,2025-01-05,20.00
1003,8,cy@example.com,2025-01-09,35.50
"""
ANSWERS = b"""when,mail,Would you recommend us?,Anything to add?
2025-02-01,ann@example.com,10,lovely
2025-02-02,zed@example.com,4,slow
2025-02-03,cy@example.com,9,good
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    import_orders(folder / "orders.csv", home=folder / "home", name="Shop")
    return folder / "home"


@pytest.fixture
def home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    shutil.copytree(prepared, place)
    monkeypatch.setenv("HOLDFAST_HOME", str(place))
    return place


def settled(app: AppTest) -> AppTest:
    for _ in range(20):
        job = app.session_state["data.road"].job if "data.road" in app.session_state else None
        if job is None or job.over:
            break
        assert job.wait(60)
        app.run()
    assert not app.exception
    return app


def sent(name: str, content: bytes) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/start/data.py")
    settled(app.run())
    app.file_uploader[0].set_value([(name, content, "text/csv")])
    return settled(app.run())


def press(app: AppTest, label: str) -> AppTest:
    return settled(next(b for b in app.button if b.label.replace("\\", "") == label).click().run())


def texts(app: AppTest) -> str:
    kinds = (
        app.title,
        app.subheader,
        app.markdown,
        app.caption,
        app.info,
        app.warning,
        app.error,
        app.success,
    )
    return "\n".join(e.value.replace("\\", "") for kind in kinds for e in kind)


def field(app: AppTest, label: str) -> list[object]:
    return [s.value for s in app.selectbox if s.label == label]


def newest(home: Path) -> Shop:
    (data_set,) = Catalog(home).data_sets(LOCAL)
    found = Catalog(home).snapshots(data_set.id, LOCAL)[0].fingerprint
    return snapshots.open_shop(connections.cursor(home), snapshots.place(home, LOCAL, found))


def test_a_known_survey_is_shown_question_by_question_and_kept_beside_the_orders(home: Path) -> None:
    app = sent("typeform.csv", (FIXTURES / "typeform_responses.csv").read_bytes())
    said = texts(app)
    assert "Typeform, responses" in said
    asked = next(d.value for d in app.dataframe if "Question" in d.value)
    assert asked["Kind"].tolist() == ["NPS", "CSAT"]
    assert asked["Scale"].tolist() == ["0-10", "1-5"]
    assert asked["Answers"].tolist() == ["3", "3"]
    assert asked["Set aside"].tolist() == ["1", "0"]
    # Ann by e-mail and order, Cy by order; Ben, and who is nobody, not.
    assert "3 of 6 answers belong to the orders and customers of “Shop”" in said
    assert "1 record set aside: The score lies outside the scale of its question." in said
    press(app, "Keep and show")
    assert "6 added, 0 changed" in texts(app)
    shop = newest(home)
    assert shop.orders.count().execute() == 2
    assert shop.surveys is not None
    assert shop.surveys.count().execute() == 6


def test_a_person_puts_a_question_right_before_it_is_kept(home: Path) -> None:
    app = press(
        sent("typeform.csv", (FIXTURES / "typeform_responses.csv").read_bytes()), "Change the questions"
    )
    assert field(app, "Kind") == ["NPS", "CSAT"]
    assert field(app, "Scale") == ["0-10", "1-5"]
    [s for s in app.selectbox if s.label == "Kind"][1].set_value("CES")
    [s for s in app.selectbox if s.label == "Scale"][1].set_value("1-7")
    press(press(app, "Read it this way"), "Keep and show")
    found = newest(home).surveys.execute()
    assert set(found.loc[found["question"].str.startswith("How satisfied"), "kind"]) == {"CES"}
    assert set(found.loc[found["kind"] == "CES", "scale"]) == {"1-7"}


def test_an_unknown_table_that_asks_something_is_taken_for_a_survey(home: Path) -> None:
    app = sent("answers.csv", ANSWERS)
    assert field(app, "The file holds") == ["surveys"]
    questions = next(m for m in app.multiselect if m.label.startswith("Columns that are questions"))
    assert questions.value == ["Would you recommend us?"]
    # Neither name is known: a time and an e-mail say what they are.
    assert field(app, "When it was answered") == ["when"]
    assert field(app, "E-mail") == ["mail"]
    press(app, "Read it this way")
    assert "2 of 3 answers belong" in texts(app)
    press(app, "Keep and show")
    shop = newest(home)
    assert sorted(shop.surveys.execute()["customer"]) == ["7", "8", "zed@example.com"]


def test_without_a_column_of_scores_it_is_a_sentence_and_the_form_stays(home: Path) -> None:
    app = sent("answers.csv", ANSWERS)
    next(m for m in app.multiselect if m.label.startswith("Columns that are questions")).set_value([])
    app.run()
    press(app, "Read it this way")
    assert "no column was found for a question with a score" in texts(app)
    assert any(b.label == "Read it this way" for b in app.button)


def test_a_survey_before_any_orders_is_a_sentence(home: Path) -> None:
    app = sent("typeform.csv", (FIXTURES / "typeform_responses.csv").read_bytes())
    where = next(c for c in app.get("button_group") if c.label == "Keep it")
    where.set_value("new").run()
    press(app, "Keep and show")
    assert "typeform.csv holds no orders. Send it together with the orders" in texts(app)
    assert [d.name for d in Catalog(home).data_sets(LOCAL)] == ["Shop"]
