"""The Data page by its widgets: what is asked about a file, what is said about a bad one, what is kept and when."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data import scratch
from data.catalog import LOCAL, Catalog
from data.ingest import import_orders

ROOT = Path(__file__).resolve().parents[2]

PLAIN = b"""order,customer,date,total
1,ann,2024-01-05,20.00
2,ben,2024-01-09,35.50
3,ann,never,18.00
"""
NEWER = b"""order,customer,date,total
1,ann,2024-01-05,25.00
2,ben,2024-01-09,35.50
9,cy,2024-04-01,10.00
"""
BOTH_WAYS = b"""order,customer,date,total
1,ann,03/04/2024,20.00
2,ben,05/06/2024,35.50
"""
TWO_CURRENCIES = b"""order,customer,date,total,currency
1,ann,2024-01-05,20.00,EUR
2,ben,2024-01-09,10.00,USD
"""
AMAZON = (
    b"amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\tasin\t"
    b"item-status\titem-price\n1\t2024-01-05T10:00:00Z\t2024-01-05T10:00:00Z\tShipped\tAmazon\tAmazon.de\tB0\tShipped\t9.9\n"
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one small shop, so that CDNOW is not brought in."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "before.csv").write_bytes(PLAIN)
    import_orders(folder / "before.csv", home=folder / "home", name="Before")
    return folder / "home"


@pytest.fixture
def home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test."""
    place = tmp_path / "home"
    shutil.copytree(prepared, place)
    monkeypatch.setenv("HOLDFAST_HOME", str(place))
    monkeypatch.setattr("pages.common.later.PATIENCE", 60.0)
    return place


def opened(view: str = "plain", **query: str) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/start/data.py")
    for name, value in {"view": view, **query}.items():
        app.query_params[name] = value
    return settled(app.run())


def settled(app: AppTest) -> AppTest:
    """Run the page until nothing works in the background any more."""
    for _ in range(20):
        job = None
        if "data.job" in app.session_state:
            job = app.session_state["data.job"]
        elif "data.road" in app.session_state:
            job = app.session_state["data.road"].job
        if job is None or job.over:
            break
        assert job.wait(60)
        app.run()
    assert not app.exception
    return app


def sent(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, content, "text/csv") for name, content in files])
    return settled(app.run())


def press(app: AppTest, label: str) -> AppTest:
    button = next(b for b in app.button if b.label.replace("\\", "") == label)
    return settled(button.click().run())


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
    return "\n".join(element.value.replace("\\", "") for kind in kinds for element in kind)


def read_as_guessed(app: AppTest) -> AppTest:
    return press(app, "Read it this way")


def all_as_guessed(app: AppTest) -> AppTest:
    while any(b.label == "Read it this way" for b in app.button):
        read_as_guessed(app)
    return app


def data_sets(home: Path) -> list[str]:
    return [d.name for d in Catalog(home).data_sets(LOCAL)]


def test_the_answer_is_the_share_accepted_and_the_next_step_what_to_fix(home: Path) -> None:
    said = texts(opened())
    assert "66.7% of rows and 75.5% of money accepted" in said  # 2 of 3 rows; 55.50 of 73.50
    assert "3 records in: 2 accepted, 1 set aside" in said
    assert "[Fix 1 row]" in said


def test_all_three_doors_are_there_in_the_plain_view(home: Path) -> None:
    app = opened()
    said = texts(app)
    assert all(door in said for door in ("My orders", "Demo shop", "CDNOW"))
    assert len(app.file_uploader) == 1


def test_an_unknown_file_is_asked_about_then_kept_as_a_new_data_set(home: Path) -> None:
    app = sent(opened(), ("shop.csv", PLAIN))
    assert data_sets(home) == ["Before"]
    read_as_guessed(app)
    assert "66.7% of rows accepted · 2 orders · 2 customers" in texts(app)
    assert data_sets(home) == ["Before"]
    where = next(c for c in app.get("button_group") if "Keep it" in c.label)
    where.set_value("new").run()
    press(app, "Keep and show")
    assert data_sets(home) == ["Before", "shop"]
    assert "Kept as a new data set, shop." in texts(app)


def test_a_newer_export_is_merged_and_says_what_it_changed(home: Path) -> None:
    app = read_as_guessed(sent(opened("full"), ("newer.csv", NEWER)))
    press(app, "Keep and show")
    assert "1 added, 1 changed, 0 gone, 1 as before" in texts(app)
    assert data_sets(home) == ["Before"]
    assert len(Catalog(home).snapshots(1, LOCAL)) == 2


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (NEWER, "add"),
        (NEWER.replace(b"date,total", b"date,total,channel").replace(b".00\n", b".00,web\n"), "add"),
        (NEWER.replace(b"order,customer,date,total", b"Order ID,Customer ID,Order Date,Amount"), "new"),
    ],
)
def test_more_of_the_same_is_added_and_anything_else_kept_by_itself_unless_a_person_says_so(
    home: Path, content: bytes, where: str
) -> None:
    app = read_as_guessed(sent(opened(), ("more.csv", content)))
    choice = next(c for c in app.get("button_group") if c.label == "Keep it")
    assert choice.value == where
    assert ("best kept by itself" in texts(app)) == (where == "new")
    if where == "new":
        choice.set_value("add").run()
        assert "Before" in data_sets(home)
        assert not [t for t in app.text_input if t.label == "Name"]


def test_files_sent_together_are_parts_of_one_export(home: Path) -> None:
    lines = NEWER.splitlines(keepends=True)
    one, two = b"".join([lines[0], lines[1], lines[3]]), b"".join([lines[0], lines[2]])
    app = all_as_guessed(sent(opened(), ("one.csv", one), ("two.csv", two)))
    press(app, "Keep and show")
    # Of what was there, 2 is as it was and 1 has another amount.
    assert "1 added, 1 changed, 0 gone, 1 as before" in texts(app)


def test_parts_without_order_numbers_are_added_to_each_other_without_a_question(home: Path) -> None:
    parts = [("one.csv", b"customer,date,total\nann,2024-01-05,20.00\nann,2024-01-09,4.00\n"),
             ("two.csv", b"customer,date,total\nben,2024-01-07,35.50\n")]  # fmt: skip
    app = all_as_guessed(sent(opened(), *parts))
    where = next(c for c in app.get("button_group") if c.label == "Keep it")
    where.set_value("new").run()
    press(app, "Keep and show")
    assert "Kept as a new data set, one" in texts(app)
    assert "3 records in" in texts(app)
    assert "2 files together" in texts(app)


def test_a_mapping_is_remembered_and_used_for_the_next_file_of_the_same_columns(home: Path) -> None:
    app = read_as_guessed(sent(opened(), ("newer.csv", NEWER)))
    press(app, "Keep and show")
    app = sent(opened(), ("again.csv", NEWER.replace(b"10.00", b"11.00")))
    assert "read as you chose last time" in texts(app)
    assert "Read it this way" not in [b.label for b in app.button]


def test_dates_that_can_be_read_both_ways_are_asked_about_with_what_each_answer_means(home: Path) -> None:
    app = read_as_guessed(sent(opened(), ("both.csv", BOTH_WAYS)))
    labels = [b.label.replace("\\", "") for b in app.button]
    assert "The day is first: 3 Apr 2024" in labels
    assert "The month is first: 4 Mar 2024" in labels
    press(app, "The day is first: 3 Apr 2024")
    assert "3 Apr 2024 – 5 Jun 2024" in texts(app)


def test_two_currencies_are_turned_over_by_the_rates_a_person_gives(home: Path) -> None:
    app = read_as_guessed(sent(opened(), ("money.csv", TWO_CURRENCIES)))
    assert "2 currencies" in texts(app)
    way = next(c for c in app.get("button_group") if c.label == "Read the money by")
    way.set_value("rates").run()
    next(t for t in app.text_input if t.label == "USD").set_value("0.9")
    read_as_guessed(app)
    read = app.session_state["data.road"].files[0].draft
    assert read.facts["currency"] == "EUR"
    assert float(read.ledger.loc[0, "money"]) == pytest.approx(29.0)  # 20 + 10 x 0.9


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        ("report.csv", b"%PDF-1.4\n%%EOF", "report.csv is not a table: its content is a PDF"),
        ("header.csv", b"order,customer,date,total\n", "has a header with 4 columns and no record"),
        ("amazon.txt", AMAZON, "names no customers"),
    ],
)
def test_a_bad_file_is_answered_in_a_sentence_and_changes_nothing(
    home: Path, name: str, content: bytes, says: str
) -> None:
    before = Catalog(home).snapshots(1, LOCAL)
    app = sent(opened(), (name, content))
    assert says in texts(app)
    assert "Nothing was changed" in texts(app)
    assert len(app.file_uploader) == 1, "another file can be sent at once"
    assert Catalog(home).snapshots(1, LOCAL) == before
    assert data_sets(home) == ["Before"]


def test_a_file_of_which_nothing_can_be_used_is_not_offered_to_be_kept(home: Path) -> None:
    lost = PLAIN.replace(b"2024", b"2999").replace(b"18.00", b"")
    app = read_as_guessed(sent(opened(), ("lost.csv", lost)))
    assert "No record of lost.csv can be used" in texts(app)
    assert "2 records: The time lies before 1970" in texts(app)
    labels = [b.label for b in app.button]
    assert "Keep and show" not in labels
    assert "Read it this way" in labels, "other columns can be chosen"
    assert len(Catalog(home).snapshots(1, LOCAL)) == 1
    assert data_sets(home) == ["Before"]


def test_of_several_tables_in_one_file_a_person_chooses_one(home: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", PLAIN)
        archive.writestr("b.csv", NEWER)
    app = sent(opened(), ("both.zip", packed.getvalue()))
    assert "a.csv and b.csv" in texts(app)
    next(s for s in app.selectbox if s.label == "Read this one").set_value("b.csv")
    press(app, "Read")
    assert [row["order"] for row in app.session_state["data.road"].files[0].staged.head] == ["1", "2", "9"]


def test_what_cannot_be_kept_does_not_hold_back_what_can(home: Path) -> None:
    app = read_as_guessed(sent(opened(), ("good.csv", NEWER), ("bad.csv", b"")))
    press(app, "Keep and show")
    assert "1 added" in texts(app)


def test_cancelling_removes_what_was_sent(home: Path) -> None:
    room = scratch.room(home, LOCAL) / "incoming"
    app = sent(opened(), ("shop.csv", PLAIN))
    assert any(room.iterdir())
    press(app, "Cancel, keep nothing")
    assert list(room.iterdir()) == []
    assert data_sets(home) == ["Before"]
    assert len(app.file_uploader) == 1


def test_nothing_sent_stays_in_streamlits_memory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = []
    monkeypatch.setattr(
        "streamlit.runtime.memory_uploaded_file_manager.MemoryUploadedFileManager.remove_file",
        lambda self, session_id, file_id: gone.append(file_id),
    )
    sent(opened(), ("shop.csv", PLAIN))
    assert len(gone) == 1


def test_nothing_sent_is_copied_in_memory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Streamlit 1.67 hands a page a deep copy of its widget's value: of an upload, every byte.
    copied = []
    monkeypatch.setattr(
        "streamlit.runtime.uploaded_file_manager.UploadedFile.__deepcopy__",
        lambda self, memo: copied.append(self.name),
        raising=False,
    )
    app = sent(opened(), ("shop.csv", PLAIN), ("again.csv", NEWER))
    assert [f.name for f in app.session_state["data.road"].files] == ["shop.csv", "again.csv"]
    assert copied == []


def test_a_file_larger_than_allowed_is_refused_by_the_server_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.start.data_road.LARGEST", 10)
    app = sent(opened(), ("shop.csv", PLAIN))
    assert "shop.csv has" in texts(app)
    assert "Split it by period" in texts(app)


def test_what_was_guessed_is_asked_once(home: Path) -> None:
    app = opened()
    assert "Please confirm what was guessed" in texts(app)
    for key in ("data.confirm.zone", "data.confirm.guests"):
        app.button(key=key).click().run()
    app.number_input(key="data.confirm.margin.value").set_value(40.0)
    app.button(key="data.confirm.margin").click().run()
    assert "Please confirm what was guessed" not in texts(app)
    assert Catalog(home).answers(1) == {"zone": "UTC", "guests": "0", "margin": "40.0%"}
    assert '"margin": 0.4' in (Catalog(home).definitions(1) or "")


def test_a_margin_that_nobody_knows_is_not_asked_for_again(home: Path) -> None:
    app = opened()
    app.button(key="data.confirm.margin").click().run()
    assert "A margin above 0 was expected" in texts(app)
    app.button(key="data.confirm.margin.unknown").click().run()
    assert "Margin" not in [n.label for n in app.number_input]
    assert Catalog(home).answers(1)["margin"] == "unknown"
    assert '"margin": 0.' not in (Catalog(home).definitions(1) or "")


def test_how_a_file_was_recognised_is_told_in_plain_words_and_in_full(home: Path) -> None:
    stripe = (
        b"id,Created date (UTC),Amount,Currency,Captured,Converted Amount,Converted Currency,Status,Customer ID\n"
        b"ch_1,2024-01-05 10:00:00,10.00,usd,true,10.00,usd,Paid,cus_1\n"
    )
    plain = texts(sent(opened(), ("payments.csv", stripe)))
    assert "known by the names of its columns" in plain
    assert not any(said in plain for said in ("utf-8", "100%", "header row"))
    full = texts(sent(opened("full"), ("payments.csv", stripe)))
    assert "letters: utf-8" in full
    assert "100% of the expected columns" in full
    assert "the header row is known from" in full


def test_html_in_a_file_is_shown_as_text(home: Path) -> None:
    app = sent(opened(), ("<i>x.csv", b""))
    assert "\\<i\\>x" in app.error[0].value


@pytest.mark.parametrize("section", ["ledger", "health", "identity", "snapshots", "definitions"])
def test_every_section_opens_in_the_full_view(home: Path, section: str) -> None:
    app = opened("full", **{"data.section": section})
    assert not app.exception
    assert not app.error
    assert not app.warning, "the address was understood"
    chosen = next(c for c in app.get("button_group") if c.label == "Section")
    assert chosen.value == section


def test_an_identity_rule_is_used_with_one_click(home: Path) -> None:
    app = opened("full", **{"data.section": "identity"})
    app.button(key="data.identity.customer_id").click().run()
    assert app.button(key="data.identity.customer_id").disabled
    assert not app.button(key="data.identity.default").disabled


def table(app: AppTest, column: str) -> list[list[str]]:
    """The cells of the first table that has a column of this name."""
    frames = [d.value for d in app.dataframe]
    return next(f for f in frames if column in f.columns).astype(str).to_numpy().tolist()


def test_the_ledger_of_a_data_set_that_grew_is_that_of_all_files_and_of_each(
    home: Path, tmp_path: Path
) -> None:
    # A later export under the same name, in which the order 1 has another amount; one of its records is bad too.
    later = tmp_path / "before.csv"
    later.write_bytes(NEWER + b"10,di,never,3.00\n")
    import_orders(later, home=home, data_set=1)
    app = opened("full")
    said = texts(app)
    assert "7 records in: 5 accepted, 2 set aside" in said
    assert "2 files together" in said
    assert table(app, "Records in") == [
        ["before.csv", "3", "2", "1", "0", "2"],
        ["before.csv (2)", "4", "3", "1", "3", "0"],
    ]
    ends = {row[0]: row[2:] for row in table(app, "What happened") if row[0] in ("Accepted", "Replaced")}
    assert ends == {"Accepted": ["5", "126.00"], "Replaced": ["2", "55.50"]}  # 55.50 + 70.50
    assert [row[:2] for row in table(app, "Original text")] == [["before.csv", "3"], ["before.csv (2)", "4"]]
    app.selectbox(key="data.ledger.file").set_value(1).run()
    assert not app.exception
    ends = {row[0]: row[2:] for row in table(app, "What happened") if row[0] in ("Accepted", "Set aside")}
    assert ends == {"Accepted": ["3", "70.50"], "Set aside": ["1", "3.00"]}
    assert [row[0] for row in table(app, "Original text")] == ["before.csv (2)"]


def test_an_older_snapshot_can_be_looked_at_again(home: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.csv"
    newer.write_bytes(NEWER)
    import_orders(newer, home=home, data_set=1)
    app = opened("full", **{"data.section": "snapshots"})
    assert "6 records in: 5 accepted" in texts(app)
    choice = next(s for s in app.selectbox if s.label == "Show this snapshot")
    assert "You look at the orders as of" not in texts(app)
    choice.set_value(choice.options and Catalog(home).snapshots(1, LOCAL)[1].fingerprint).run()
    assert "3 records in: 2 accepted" in texts(app)
    assert "You look at the orders as of" in texts(app)
    app.switch_page("pages/coming_back/cohorts.py").run()
    assert "You look at the orders as of" in texts(app), "every page says so"
    app.button(key="header.newest").click().run()
    assert "You look at the orders as of" not in texts(app)


def test_a_data_set_is_renamed_and_removed_only_after_a_second_yes(home: Path) -> None:
    app = opened("full", **{"data.section": "snapshots"})
    app.text_input(key="data.name.1").set_value("My shop")
    press(app, "Rename")
    assert data_sets(home) == ["My shop"]
    app.button(key="data.remove").click().run()
    assert data_sets(home) == ["My shop"]
    app.button(key="data.remove.yes").click().run()
    assert data_sets(home) == []
