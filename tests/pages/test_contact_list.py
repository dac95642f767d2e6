"""The Contact list page: a list is drawn, kept, exported without those held out, and read out later."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import navigation
from data.catalog import LOCAL, Catalog
from data.contacts import Contacts
from models.contact_export import export
from models.definitions import Definitions
from models.hold_out import enough_a_group, propose
from pages.common import download, later
from pages.leaving import contact_group_sentences as group
from pages.leaving import contact_sentences as sentences
from tests.browser.shops import prepare

ROOT = Path(__file__).resolve().parents[2]
UNTIL = dt.date(2025, 3, 31)


def opened(home: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("HOLDFAST_HOME", str(home))
    monkeypatch.setattr(later, "PATIENCE", 60.0)
    # The day on which lists are drawn here; what came before it would be nothing that contacting did.
    monkeypatch.setattr("data.contacts.now", lambda: dt.datetime.combine(UNTIL, dt.time(12)))
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(navigation.page("contact_list").path)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return " ".join(e.value for kind in kinds for e in getattr(app, kind))


def press(app: AppTest, label: str) -> AppTest:
    return next(b for b in app.button if label in b.label).click().run()


@pytest.fixture(scope="module")
def undrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop, looked at as it was nine months before its last order."""
    home = tmp_path_factory.mktemp("contacts") / "home"
    prepare(home, "demo")
    catalog = Catalog(home)
    catalog.save_definitions(
        catalog.data_sets(LOCAL)[0].id, Definitions(observed_until=UNTIL, churn_horizon_days=90).to_json()
    )
    return home


@pytest.fixture
def home(undrawn: Path, tmp_path: Path) -> Path:
    """That shop for one test alone."""
    return Path(shutil.copytree(undrawn, tmp_path / "home"))


@pytest.fixture(scope="module")
def drawn(undrawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That shop with one list drawn."""
    home = Path(shutil.copytree(undrawn, tmp_path_factory.mktemp("drawn") / "home"))
    with pytest.MonkeyPatch.context() as patch:
        press(opened(home, patch), "Draw this list")
    assert kept(home).lists()
    return home


@pytest.fixture
def listed(drawn: Path, tmp_path: Path) -> Path:
    """The same for one test alone."""
    return Path(shutil.copytree(drawn, tmp_path / "listed"))


def kept(home: Path) -> Contacts:
    catalog = Catalog(home)
    return Contacts(catalog, catalog.data_sets(LOCAL)[0].id)


def test_a_list_is_drawn_once_and_read_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(home, monkeypatch)
    assert not app.exception
    assert "give a reason to be contacted" in said(app)
    assert "not the same as being open to persuasion" in said(app)
    assert "Lists drawn" not in said(app)
    app = press(app, "Draw this list")
    assert not app.exception
    (one,) = kept(home).lists()
    assert one.day == UNTIL
    assert one.days == 90
    assert one.held_out > 0
    assert f"List {one.id} is drawn and kept" in said(app)
    # The orders of the following 90 days are there: the comparison is made at once.
    assert "held out (" in said(app)
    assert "ordered between 1 Apr 2025 and 29 Jun 2025" in said(app)
    assert "Preliminary" not in said(app)


def test_where_no_contact_pays_nobody_is_proposed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(home, monkeypatch, **{"contacts.contact": "10000"})
    assert not app.exception
    assert "Nobody is proposed: at these costs" in said(app)
    assert not any("Draw this list" in b.label for b in app.button)
    # Cheaper again: what is proposed follows the costs.
    app = app.number_input(key="contacts.contact").set_value(1.0).run()
    assert "Nobody is proposed" not in said(app)
    assert any("Draw this list" in b.label for b in app.button)


def test_nobody_is_drawn_twice(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(listed, monkeypatch, **{"contacts.consent": "not_refused"})
    if any("Draw this list" in b.label for b in app.button):
        press(app, "Draw this list")
    lists = kept(listed).lists()
    listed = [m.customer for one in lists for m in kept(listed).members(one.id)]
    assert len(listed) == len(set(listed))


def test_who_is_held_out_is_in_no_export(listed: Path) -> None:
    one = kept(listed).lists()[-1]
    members = kept(listed).members(one.id)
    rows = pd.DataFrame([vars(m) for m in members if not m.held_out])
    rows = rows.assign(email=rows.customer + "@x.example", first_name="", last_name="")
    out = {m.customer for m in members if m.held_out}
    for program, column in (("plain", "customer"), ("klaviyo", "Holdfast Customer")):
        assert not out & set(export(rows, program)[column])


def test_the_lists_own_file_holds_nobody_who_refused_or_is_held_out(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {}
    monkeypatch.setattr(download, "button", lambda frame, key, label=None: files.update({key: frame}))
    app = opened(listed, monkeypatch)
    assert not app.exception
    (table,) = [e.value for e in app.dataframe if "At stake" in e.value.columns]
    out = {m.customer for m in kept(listed).members(1) if m.held_out} & set(table.Customer)
    (people,) = listed.rglob("customers*.parquet")
    people = pd.read_parquet(people)
    said = people.customer[people.consent == "no"]
    out |= set(said) & set(table.Customer)
    assert out & set(said)
    inside = set(files["contacts.list"].Customer)
    assert not inside & out
    # Whoever else is missing has the address of somebody who refused.
    mail = people.set_index("customer").email
    closed = set(mail[people.set_index("customer").consent == "no"])
    assert {mail[c] for c in set(table.Customer) - inside - out} <= closed
    assert "not in the file" in " ".join(c.value for c in app.caption)


def test_under_another_identity_it_is_said_who_does_not_rest(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = Catalog(listed)
    other = Definitions(observed_until=UNTIL, churn_horizon_days=90, identity="email")
    catalog.save_definitions(catalog.data_sets(LOCAL)[0].id, other.to_json())
    app = opened(listed, monkeypatch)
    assert not app.exception
    assert "List 1 was drawn under another rule of who is one customer" in said(app)
    assert "drawn under another rule of who is one customer (customer id, else e-mail)" in said(app)
    # It is compared under its own rule.
    assert "ordered between 1 Apr 2025" in said(app)


def test_states_are_set_for_all_that_are_open_and_won_back_is_offered(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = press(opened(listed, monkeypatch), "Set for all that are open")
    assert not app.exception
    newest = kept(listed).lists()[0]
    states = {m.state for m in kept(listed).members(newest.id) if not m.held_out}
    assert states == {"contacted"}
    app = press(app, "who ordered since as won back")
    assert not app.exception
    members = kept(listed).members(newest.id)
    won = [m for m in members if m.state == "won_back"]
    assert won
    assert all(m.state_on is not None and m.state_on > UNTIL for m in won)
    assert not any(m.held_out for m in won)


def test_the_playbook_is_changed_for_everyone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(home, monkeypatch)
    app.selectbox(key="playbook.lapsed.overdue.rest").select("nothing")
    app = press(app, "Keep this playbook")
    assert kept(home).playbook() == {"lapsed.overdue.rest": "nothing"}
    assert "the playbook has nothing for" in said(app)


def test_without_any_consent_known_nobody_is_taken_to_agree(tmp_path: Path, monkeypatch) -> None:
    home = tmp_path / "home"
    prepare(home, "cdnow")
    app = opened(home, monkeypatch)
    assert not app.exception
    assert "does not say who on the list agreed" in said(app)
    assert not any("Draw this list" in b.label for b in app.button)


def test_days_far_off_are_not_given_as_days() -> None:
    end, never = dt.date(2024, 1, 1), float("inf")
    assert sentences.next_order(end, 30, 3, 90) == "31 Jan 2024 (4 Jan 2024–31 Mar 2024)"
    assert sentences.next_order(end, 30, 3, never) == "31 Jan 2024 (from 4 Jan 2024, or never)"
    assert sentences.next_order(end, never, 3, never) == "perhaps never (from 4 Jan 2024)"
    assert sentences.next_order(end, never, never, never) == "none likely"


def test_old_orders_are_named_as_old() -> None:
    assert sentences.stale(dt.date(2024, 1, 1), dt.date(2024, 1, 10)) == ""
    assert "31 days ago" in sentences.stale(dt.date(2024, 1, 1), dt.date(2024, 2, 1))


def test_the_plan_and_the_warning_go_by_the_level_of_the_read_out() -> None:
    plan = propose(60, 0.3, 0.1, level=0.9)
    need = enough_a_group(plan.base, plan.effect, level=0.9)
    assert f"two groups of {need} " in group.power(plan, 60, 0.9)
    # Armitage, McPherson and Rowe (1969) give .14 for five looks at 5%; at 10% it is more.
    assert "in 14% of cases, not in 5%" in group.early(5, 0.95)
    assert "not in 10%" in group.early(5, 0.9)
