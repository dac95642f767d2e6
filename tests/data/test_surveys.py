"""Survey files: several questions become several answers, each one a record that is accepted or set aside."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import balance, connections, ingest, matching, snapshots
from data.ingest import import_orders, import_surveys
from data.mapping import Mapping, MappingProblem, Undecided
from data.opening import FileProblem
from data.questions import Question

HERE = Path(__file__).parent / "fixtures"

Read = Callable[..., tuple[Any, list[dict[str, Any]]]]


@pytest.fixture
def read(road: Any, tmp_path: Path) -> Read:
    """A function (file or text, **changes of the guessed mapping) -> (draft, its answers)."""

    def done(given: Path | str, **changes: Any) -> tuple[Any, list[dict[str, Any]]]:
        path = given if isinstance(given, Path) else tmp_path / "answers.csv"
        if isinstance(given, str):
            path.write_text(given, encoding="utf-8")
        staged = road.stage(path, tmp_path / "staged")
        mapping = ingest.guess(staged, "surveys").but(**changes)
        draft = ingest.check(staged, mapping, tmp_path / "draft", run=road.run)
        asked = duckdb.sql(f"FROM read_parquet('{tmp_path}/draft/surveys.parquet')")
        return draft, [dict(zip(asked.columns, row, strict=True)) for row in asked.fetchall()]

    return done


def ends(draft: Any) -> dict[str, int]:
    """code ("" for accepted) -> records; what came in is told apart from it."""
    found = {row.code: int(row.rows) for row in draft.ledger.itertuples()}
    assert sum(found.values()) == draft.facts["rows_in"]
    return found


def guessed(road: Any, path: Path, folder: Path) -> Mapping:
    return ingest.guess(road.stage(path, folder))


# Exports


def test_typeform_answers_are_told_apart_and_one_off_its_scale_is_set_aside(read: Read) -> None:
    draft, rows = read(HERE / "typeform_responses.csv")
    # t3 gave 11 of 10; t5 answered nothing; t6 left before the end (both its answers have no time).
    assert ends(draft) == {"": 6, "off_scale": 1, "no_score": 1, "no_time": 2}
    assert Counter(r["kind"] for r in rows) == {"NPS": 3, "CSAT": 3}
    first = rows[0]
    assert (first["score"], first["scale"], first["customer"], first["order_id"]) == (
        10,
        "0-10",
        "ann@example.com",
        "1001",
    )
    assert first["answered_at"] == dt.datetime(2025, 2, 22, 17, 16, 39)
    assert [r["comment"] for r in rows if r["comment"]] == ["Quick, and wrapped well 🎁", "الطرد وصل متأخرا"]


def test_the_two_header_rows_of_surveymonkey_are_one(read: Read, road: Any, tmp_path: Path) -> None:
    draft, rows = read(HERE / "surveymonkey_responses.csv")
    about = "Overall, how satisfied are you with: "
    scores = {
        r["question"].removeprefix(about): r["score"] for r in rows if r["customer"] == "ann@example.com"
    }
    assert scores == {
        "How likely is it that you would recommend us to a friend?": 10,
        "The product": 5,
        "The delivery": 4,
        "Our help": 3,
    }
    # "So so" is no word that is known; a question left blank is no record.
    assert ends(draft) == {"": 9, "bad_score": 1}
    # Ben said nothing of our help, after which the comment stands: it goes with what he answered first.
    ben = [(r["kind"], r["comment"]) for r in rows if r["customer"] == "ben@example.com"]
    assert ben == [("NPS", "Broken on arrival"), ("CSAT", None), ("CSAT", None)]
    assert rows[3]["comment"] == "<b>Great</b>"


def test_google_forms_has_its_times_in_their_zone_and_words_in_spanish(read: Read) -> None:
    draft, rows = read(HERE / "google_forms_responses.csv")
    assert ends(draft) == {"": 9}
    assert rows[0]["answered_at"] == dt.datetime(2026, 9, 20, 7, 0)
    assert rows[3]["answered_at"] == dt.datetime(2026, 9, 20, 12, 30)
    assert [(r["kind"], r["scale"], r["score"]) for r in rows[:3]] == [
        ("NPS", "0-10", 9),
        ("CES", "1-7", 6),
        ("CSAT", "1-5", 5),
    ]
    assert [r["score"] for r in rows if r["kind"] == "CSAT"] == [5, 2, 3]
    assert rows[5]["comment"] == "Una línea\ny otra"


def test_delighted_has_a_kind_a_record_and_others_are_set_aside(read: Read) -> None:
    draft, rows = read(HERE / "delighted_responses.csv")
    assert ends(draft) == {"": 3, "bad_question": 1, "off_scale": 1}
    assert [(r["kind"], r["scale"]) for r in rows] == [("NPS", "0-10"), ("CSAT", "1-5"), ("CES", "1-5")]


@pytest.mark.parametrize(
    "file",
    [
        "typeform_responses_2018.csv",
        "surveymonkey_responses.csv",
        "google_forms_responses.csv",
        "olist_reviews.csv",
    ],
)
def test_a_survey_is_recognised_without_being_told_that_it_is_one(
    file: str, road: Any, tmp_path: Path
) -> None:
    found = guessed(road, HERE / file, tmp_path / "staged")
    assert found.table == "surveys"
    assert found.format in file
    assert found.questions


def test_olist_reviews_come_in_whole(shared_data: Path, tmp_path: Path) -> None:
    done = import_surveys(shared_data / "olist" / "olist_order_reviews_dataset.csv", home=tmp_path)
    assert (done.rows_in, done.rows_accepted) == (8225, 8225)
    answers = done.shop.surveys.execute()
    stars = answers["score"].value_counts().sort_index()
    assert stars.tolist() == [2638, 382, 667, 1184, 3354]
    assert set(answers["scale"]) == {"1-5"}
    # 4,113 cells hold something, and 4 of those nothing but blanks and line ends.
    assert answers["comment"].notna().sum() == 4113 - 4


def test_carpentries_by_the_mapping_form(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "satisfaction" / "carpentries_instructor_training_post.csv"
    done = import_surveys(path, home=tmp_path)
    assert done.mapping.questions == (Question("LikelyToRecommend", "NPS", "0-10"),)
    score = done.shop.surveys.execute()["score"]
    assert (len(score), (score >= 9).sum(), score.between(7, 8).sum(), (score <= 6).sum()) == (
        889,
        501,
        317,
        71,
    )
    assert (done.rows_in, done.rows_set_aside) == (967, 78)


# What is read as an answer


SAID = [
    ("10 - Extremely likely", "0-10", 10),
    ("Not at all likely - 0", "0-10", 0),
    ("8 out of 10", "0-10", 8),
    ("4/5", "0-10", "bad_score"),
    ("80%", "0-10", "bad_score"),
    ("-1", "0-10", "off_scale"),
    ("9", "1-5", "off_scale"),
    ("0", "1-5", "off_scale"),
    ("★★★★☆", "1-5", 4),
    ("5 stars", "1-5", 5),
    ("4,5", "1-5", 4.5),
    ("Very satisfied", "1-5", 5),
    ("very  SATISFIED.", "1-7", 7),
    ("Somewhat satisfied", "1-7", 5),
    ("Somewhat dissatisfied", "1-5", 2),
    ("Très insatisfait", "1-5", 1),
    ("äußerst zufrieden", "1-5", 5),
    ("дуже задоволена", "1-5", 5),
    ("скорее недоволен", "1-5", 2),
    ("Strongly disagree", "1-7", 1),
    ("Very satisfied", "1-10", "bad_score"),
    ("meh", "1-5", "bad_score"),
    ("1e3", "0-10", "bad_score"),
    ("inf", "0-10", "bad_score"),
    ("n/a", "0-10", "no_score"),
    ("x" * 100_000, "0-10", "bad_score"),
]  # fmt: skip
"""What stands in a cell, the question's scale, and the score it is or why it is set aside."""


def test_what_an_answer_says(read: Read, tmp_path: Path) -> None:
    lines = [f'2024-05-01,"{said}",CSAT,{scale},{n}' for n, (said, scale, _) in enumerate(SAID)]
    named = {"answered_at": "date"} | {c: c for c in ("score", "kind", "scale", "comment")}
    draft, rows = read("\n".join(["date,score,kind,scale,comment", *lines, ""]), columns=named)
    aside = duckdb.sql(f"SELECT record, code FROM read_parquet('{tmp_path}/draft/set_aside.parquet')")
    found = {int(r["comment"]): r["score"] for r in rows} | {n - 1: code for n, code in aside.fetchall()}
    assert found == {n: score for n, (*_, score) in enumerate(SAID)}
    assert draft.facts["rows_in"] == len(SAID)


def test_scales_mixed_in_one_column_are_read_by_the_column_that_says_them(read: Read) -> None:
    draft, rows = read(
        "date,score,kind,scale\n2024-01-01,9,nps,0-10\n2024-01-02,4,CSAT,1 – 5\n2024-01-03,9,csat,1-5\n2024-01-04,6,ces,\n"
        "2024-01-05,6,csat,five\n"
    )
    assert ends(draft) == {"": 3, "off_scale": 1, "bad_question": 1}
    assert [(r["kind"], r["scale"]) for r in rows] == [("NPS", "0-10"), ("CSAT", "1-5"), ("CES", "1-7")]


def test_a_100_kb_comment_and_html_stay_what_they_are(read: Read) -> None:
    long = "<script>alert(1)</script>" + "é" * 100_000
    _, rows = read(f'date,nps,comment\n2024-01-01,9,"{long}"\n')
    assert rows[0]["comment"] == long


def test_two_questions_of_the_same_name_are_two(read: Read) -> None:
    draft, rows = read("date,Rating,Rating\n2024-01-01,5,3\n2024-01-02,4,1\n")
    assert [(r["question"], r["score"]) for r in rows] == [
        ("Rating", 5), ("Rating (2)", 3), ("Rating", 4), ("Rating (2)", 1),
    ]  # fmt: skip
    assert ends(draft) == {"": 4}


def test_a_broken_row_is_one_record_whatever_the_number_of_questions(read: Read) -> None:
    draft, _ = read("date,nps,csat\n2024-01-01,9,5\n2024-01-02,9\n2024-01-03,,\n,8,4\n")
    assert ends(draft) == {"": 2, "broken_row": 1, "no_score": 1, "no_time": 2}


def test_what_was_set_aside_says_where_it_stood(read: Read, tmp_path: Path) -> None:
    read("date,nps,csat\n2024-01-01,12,5\nsoon,9,nice\n2024-01-05,7,1\n")
    found = duckdb.sql(
        f"SELECT record, codes, \"column\", value FROM read_parquet('{tmp_path}/draft/set_aside.parquet') ORDER BY ALL"
    ).fetchall()
    assert found == [
        (1, "off_scale", "nps", "12"),
        (2, "bad_time", "date", "soon"),
        (2, "bad_time,bad_score", "date", "soon"),
    ]


# What cannot be read


def test_a_file_without_a_question_says_what_was_looked_for(read: Read) -> None:
    with pytest.raises(MappingProblem, match=r"a question with a score.*date, colour"):
        read("date,colour\n2024-01-01,red\n")


def test_a_question_that_cannot_be_asked_so_is_refused(read: Read) -> None:
    text = "date,rating\n2024-01-01,5\n"
    with pytest.raises(MappingProblem, match="rating is of the kind “NPS” on the scale “many”"):
        read(text, questions=(Question("rating", "NPS", "many"),))
    with pytest.raises(MappingProblem, match="rating is chosen as a question twice"):
        read(text, questions=(Question("rating", "NPS", "0-10"), Question("rating", "CSAT", "1-5")))
    with pytest.raises(MappingProblem, match="no column Rating2"):
        read(text, questions=(Question("Rating2", "NPS", "0-10"),))


def test_dates_that_can_be_read_both_ways_are_asked_about(read: Read) -> None:
    with pytest.raises(Undecided) as asked:
        read("date,nps\n03/04/2024,9\n05/06/2024,2\n")
    assert asked.value.question == "day_first"


def test_files_with_nothing_in_them_and_with_words_nobody_knows(tmp_path: Path) -> None:
    asked = Mapping(
        table="surveys", columns={"answered_at": "date"}, questions=(Question("happy", "CSAT", "1-5"),)
    )
    for name, text, found in [
        ("empty.csv", "", "empty"),
        ("header.csv", "date,happy\n", "header"),
        (
            "words.csv",
            "date,happy\n2024-01-01,meh\n2024-01-02,blah\n",
            "2 records: The score is not a number, nor words",
        ),
    ]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(FileProblem, match=f"(?i){found}"):
            import_surveys(tmp_path / name, asked, home=tmp_path / "home")


# Growing a data set by answers

ORDERS = """order,customer,email,date,total
1,7,ann@x.com,2024-01-05,20.00
2,8,ben@x.com,2024-01-09,35.50
3,7,ann@x.com,2024-02-01,18.00
"""
ANSWERS = """date,email,order number,How likely are you to recommend us?,How satisfied are you?,Why?
2024-01-08,ANN@x.com,,10,5,lovely
2024-01-12,,2,3,1,late
2024-01-13,nobody@x.com,99,8,12,who
"""


@pytest.fixture
def grown(tmp_path: Path) -> Any:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    first = import_orders(tmp_path / "orders.csv", home=tmp_path / "home", name="Shop")
    return first, import_surveys(tmp_path / "answers.csv", home=tmp_path / "home", data_set=first.data_set)


def test_orders_stay_as_they_were_and_the_answers_are_there(grown: Any) -> None:
    first, second = grown
    assert second.fingerprint != first.fingerprint
    assert second.orders.execute().equals(first.orders.execute())
    answers = second.shop.surveys.order_by("answered_at", "kind").execute()
    assert answers["score"].tolist() == [5, 10, 1, 3, 8]
    assert (second.rows_in, second.rows_accepted, second.rows_set_aside) == (6, 5, 1)
    assert second.merged is not None
    assert (second.merged.added, second.merged.gone) == (5, 0)


def test_an_answer_by_e_mail_is_the_customers_whose_number_is_known(grown: Any) -> None:
    answers = grown[1].shop.surveys.execute()
    assert set(answers.loc[answers["comment"] == "lovely", "customer"]) == {"7"}
    assert set(answers.loc[answers["order_id"] == "99", "customer"]) == {"nobody@x.com"}


def test_the_ledger_shows_the_file_and_who_could_not_be_matched(grown: Any, tmp_path: Path) -> None:
    folder = snapshots.place(tmp_path / "home", "local", grown[1].fingerprint)
    ledger = balance.ledger(connections.cursor(tmp_path / "home"), folder)
    mine = ledger[ledger["file"] == "answers.csv"].set_index("code")["rows"]
    assert (mine["off_scale"], mine["stands"], mine["unmatched"]) == (1, 5, 1)
    assert balance.of(ledger).rows_in == 3 + 6


def test_answers_that_came_before_their_orders_find_them_later(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    home = tmp_path / "home"
    first = import_surveys(tmp_path / "answers.csv", home=home)
    second = import_orders(tmp_path / "orders.csv", home=home, data_set=first.data_set)
    assert "7" in set(second.shop.surveys.execute()["customer"])
    ledger = balance.ledger(connections.cursor(home), snapshots.place(home, "local", second.fingerprint))
    assert ledger.set_index("code")["rows"]["unmatched"] == 1


def test_the_same_answers_again_are_counted_once(grown: Any, tmp_path: Path) -> None:
    more = ANSWERS + "2024-02-20,ben@x.com,,9,4,\n"
    (tmp_path / "more.csv").write_text(more, encoding="utf-8")
    done = import_surveys(tmp_path / "more.csv", home=tmp_path / "home", data_set=grown[0].data_set)
    assert done.merged is not None
    assert (done.merged.added, done.merged.unchanged) == (2, 5)
    assert done.shop.surveys.count().execute() == 7


def test_the_share_matched_is_known_before_anything_is_kept(read: Read, grown: Any, tmp_path: Path) -> None:
    draft, _ = read(ANSWERS)
    folder = snapshots.place(tmp_path / "home", "local", grown[0].fingerprint)
    connection = connections.cursor(tmp_path / "home")
    orders = snapshots.open_table(connection, folder, "orders")
    place = shutil.copy(draft.folder / "surveys.parquet", tmp_path / "home" / "draft.parquet")
    answers = connection.read_parquet(place)
    assert matching.counted(answers, orders) == (5, 4)


def test_a_mapping_with_questions_is_remembered_and_one_without_is_as_it_was() -> None:
    asked = Mapping(table="surveys", questions=(Question("q", "NPS", "0-10", ("why",)),))
    assert Mapping.from_json(asked.to_json()) == asked
    assert "questions" not in Mapping().to_json()
