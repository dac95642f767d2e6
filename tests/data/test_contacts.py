"""Lists are drawn whole or not at all, nobody twice, and what became of each is kept."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.catalog import Catalog
from data.contacts import Candidate, Contacts

ROOT = Path(__file__).parents[2]
DAY = dt.date(2024, 6, 30)


def candidates(names, held=()) -> list[Candidate]:
    return [
        Candidate(name, k, name in held, "overdue", "lapsed", "offer", 0.2, 10.0 - k)
        for k, name in enumerate(names)
    ]


def drawn(contacts: Contacts, names, *, token="a", day=DAY, held=(), rest=90, days=180):
    return contacts.draw(
        candidates(names, held), token=token, day=day, days=days, seed=1, settings={"x": 1}, rest_days=rest
    )


@pytest.fixture
def contacts(tmp_path: Path) -> Contacts:
    catalog = Catalog(tmp_path / "home")
    return Contacts(catalog, catalog.create_data_set("local", "Shop").id)


def test_a_list_is_kept_as_it_was_drawn(contacts: Contacts) -> None:
    one = drawn(contacts, ["ann", "ben", "cy"], held=["ben"])
    assert (one.contacted, one.held_out, one.day, one.days, one.seed) == (2, 1, DAY, 180, 1)
    assert one.settings == {"x": 1}
    members = contacts.members(one.id)
    assert [(m.customer, m.held_out, m.state, m.state_on) for m in members] == [
        ("ann", False, "open", None),
        ("ben", True, "open", None),
        ("cy", False, "open", None),
    ]
    assert contacts.lists() == [one]


def test_lists_drawn_under_another_identity_are_named(contacts: Contacts) -> None:
    settings = {"definitions": '{"identity": "email"}'}
    candidate = candidates(["ann@x.example"])
    by_mail = contacts.draw(candidate, token="m", day=DAY, days=180, seed=1, settings=settings, rest_days=90)
    usual = drawn(contacts, ["1"], token="u")
    assert (by_mail.identity, usual.identity) == ("email", "default")
    assert contacts.strange("default", DAY, 90) == [by_mail.id]
    assert contacts.strange("email", DAY, 90) == [usual.id]
    assert contacts.strange("name", DAY, 90) == [usual.id, by_mail.id]
    # The comparison runs for 180 days; after that nobody needs to rest by either.
    assert contacts.strange("name", DAY + dt.timedelta(days=180), 90) == []


def test_the_newest_list_says_who_is_held_out(contacts: Contacts) -> None:
    assert contacts.held_out() == set()
    drawn(contacts, ["ann", "ben", "cy"], held=["ann", "ben"])
    later = DAY + dt.timedelta(days=400)
    drawn(contacts, ["ann", "dee"], held=["dee"], token="b", day=later)
    assert contacts.held_out() == {"ben", "dee"}


def test_the_same_draw_again_is_the_same_list(contacts: Contacts) -> None:
    one, again = drawn(contacts, ["ann", "ben"]), drawn(contacts, ["ann", "ben"])
    assert one == again
    assert len(contacts.members(one.id)) == 2


def test_nobody_is_listed_again_while_the_list_is_fresh(contacts: Contacts) -> None:
    drawn(contacts, ["ann", "ben"], held=["ben"])
    later = DAY + dt.timedelta(days=89)
    with pytest.raises(ValueError, match="1 of these customers were put on another list"):
        drawn(contacts, ["ann", "dee"], token="b", day=later)
    assert len(contacts.lists()) == 1
    # After 90 days Ann may be asked again; Ben is held out until his 180 days are over.
    assert contacts.resting(DAY + dt.timedelta(days=90), 90) == {"ben"}
    assert contacts.resting(DAY + dt.timedelta(days=180), 90) == set()
    # An older snapshot of the same shop is no way around it.
    assert contacts.resting(DAY - dt.timedelta(days=10), 90) == {"ann", "ben"}


def test_a_customer_twice_or_nobody_is_refused(contacts: Contacts) -> None:
    with pytest.raises(ValueError, match="stands twice"):
        drawn(contacts, ["ann", "ann"])
    with pytest.raises(ValueError, match="Nobody is left"):
        drawn(contacts, [])
    assert contacts.lists() == []


def test_states_are_kept_with_their_history(contacts: Contacts) -> None:
    one = drawn(contacts, ["ann", "ben", "cy"], held=["cy"])
    contacts.mark(one.id, ["ann", "ben"], "contacted", DAY)
    contacts.mark(one.id, ["ann"], "won_back", DAY + dt.timedelta(days=9))
    states = {m.customer: (m.state, m.state_on) for m in contacts.members(one.id)}
    assert states["ann"] == ("won_back", DAY + dt.timedelta(days=9))
    assert states["ben"] == ("contacted", DAY)
    assert [(e.customer, e.state) for e in contacts.history(one.id)] == [
        ("ann", "contacted"),
        ("ben", "contacted"),
        ("ann", "won_back"),
    ]


def test_where_a_customer_stands_is_what_the_newest_list_says(contacts: Contacts) -> None:
    one = drawn(contacts, ["ann", "ben"], held=["ben"])
    two = drawn(contacts, ["ann"], token="b", day=DAY + dt.timedelta(days=90))
    contacts.mark(two.id, ["ann"], "answered", DAY)
    assert contacts.standing(["ann", "ben", "cy"]) == {
        "ann": (two.id, False, "answered"),
        "ben": (one.id, True, "open"),
    }


@pytest.mark.parametrize("who", ["cy", "stranger"])
def test_who_is_held_out_is_never_marked_as_contacted(contacts: Contacts, who: str) -> None:
    one = drawn(contacts, ["ann", "cy"], held=["cy"])
    with pytest.raises(ValueError, match="held out of list"):
        contacts.mark(one.id, ["ann", who], "contacted", DAY)
    assert contacts.history(one.id) == []
    with pytest.raises(ValueError, match="no state lost"):
        contacts.mark(one.id, ["ann"], "lost")


def test_looks_are_counted_once_for_each_snapshot(contacts: Contacts) -> None:
    one = drawn(contacts, ["ann"])
    assert [contacts.look(one.id, f) for f in ("f1", "f1", "f2")] == [1, 1, 2]


def test_a_data_set_sees_only_its_own_lists(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "home")
    ours, theirs = (catalog.create_data_set(t, "Shop") for t in ("local", "other"))
    one = drawn(Contacts(catalog, ours.id), ["ann"])
    elsewhere = Contacts(catalog, theirs.id, "other")
    assert elsewhere.lists() == []
    assert elsewhere.resting(DAY, 90) == set()
    for forbidden in (elsewhere.members, elsewhere.history, elsewhere.drawn):
        with pytest.raises(ValueError, match="no contact list"):
            forbidden(one.id)
    with pytest.raises(ValueError, match="no data set"):
        Contacts(catalog, theirs.id)


def test_the_playbook_is_the_data_sets_own(contacts: Contacts) -> None:
    assert contacts.playbook() == {}
    contacts.save_playbook({"lapsed.overdue.best": "call"})
    contacts.save_playbook({"lapsed.overdue.rest": "nothing"})
    assert contacts.playbook() == {"lapsed.overdue.rest": "nothing"}


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True), max_size=6))
def test_whatever_is_drawn_nobody_stands_on_two_fresh_lists(tmp_path_factory, draws) -> None:
    catalog = Catalog(tmp_path_factory.mktemp("home"))
    contacts = Contacts(catalog, catalog.create_data_set("local", "Shop").id)
    for number, names in enumerate(draws):
        free = [n for n in names if n not in contacts.resting(DAY, 90)]
        if free:
            drawn(contacts, free, token=str(number))
    listed = [m.customer for one in contacts.lists() for m in contacts.members(one.id)]
    assert len(listed) == len(set(listed))


def test_many_clicks_at_once_draw_one_list_and_rivals_never_share_a_customer(contacts: Contacts) -> None:
    def click(n: int) -> str:
        try:
            drawn(contacts, ["ann", f"only {n % 2}"], token=str(n % 2))
        except ValueError:
            return "refused"
        return "drawn"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(click, range(16)))
    assert len(contacts.lists()) == 1
    assert said.count("drawn") == said.count("refused") == 8


def test_a_draw_that_is_killed_keeps_nothing_or_everything(tmp_path: Path) -> None:
    home = tmp_path / "home"
    catalog = Catalog(home)
    shop = catalog.create_data_set("local", "Shop")
    program = (
        "import sys, datetime as dt\n"
        "from data.catalog import Catalog\n"
        "from data.contacts import Candidate, Contacts\n"
        "mine = Contacts(Catalog(sys.argv[1]), int(sys.argv[2]))\n"
        "for n in range(1000):\n"
        "    new = [Candidate(f'{n}-{k}', k, k % 5 == 0, 'overdue', 'lapsed', 'offer', .2, 1.) for k in range(500)]\n"
        "    mine.draw(new, token=str(n), day=dt.date(2024, 6, 30), days=180, seed=1, settings={}, rest_days=90)\n"
        "    print(n, flush=True)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program, str(home), str(shop.id)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(0.15)
    os.kill(running.pid, signal.SIGKILL)
    running.wait(20)
    running.stdout.close()
    contacts = Contacts(Catalog(home), shop.id)
    lists = contacts.lists()
    assert lists
    assert {one.contacted + one.held_out for one in lists} == {500}
    listed = [m.customer for one in lists for m in contacts.members(one.id)]
    assert len(listed) == len(set(listed))


def test_orders_count_from_the_draw_where_the_orders_are_older(contacts: Contacts, monkeypatch) -> None:
    """Orders until 30 June, drawn on 10 August: what came in July is nothing that contacting did."""
    monkeypatch.setattr("data.contacts.now", lambda: dt.datetime(2024, 8, 10, 9))
    assert drawn(contacts, ["ann", "ben"], held=["ben"]).counts_after == dt.date(2024, 8, 9)
    monkeypatch.setattr("data.contacts.now", lambda: dt.datetime(2024, 7, 1, 9))
    assert drawn(contacts, ["cy", "di"], held=["di"], token="b").counts_after == DAY
