"""Contact lists that were drawn: who is on them, who is held out, and what became of each; and the playbook.

A list is drawn in one transaction, and repeated under the same token it is found, not drawn again. Nobody who stands on
a list, contacted or held out, is drawn again while it is fresh.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa

from data import catalog_tables as t
from data.catalog import LOCAL, Catalog
from data.catalog_opening import insert, now
from words import text

State = Literal["open", "contacted", "answered", "won_back"]
STATES: tuple[State, ...] = get_args(State)
PLAYBOOK = "playbook"


@dataclass(frozen=True)
class Candidate:
    """One customer to be drawn; `place` is that on the list, from 0, and `held_out` decided by the draw."""

    customer: str
    place: int
    held_out: bool
    reason: str
    stage: str
    step: str
    chance: float
    stake: float


@dataclass(frozen=True)
class Drawn:
    """A kept list. `day` is the last day of the orders it was drawn from, `days` H: what counts comes on the `days` days
    after `counts_after`. `settings` are as `draw` got them; `contacted` and `held_out` count."""

    id: int
    drawn_at: dt.datetime
    day: dt.date
    days: int
    seed: int
    settings: dict[str, Any]
    contacted: int
    held_out: int

    @property
    def counts_after(self) -> dt.date:
        """The last day on which nobody had been contacted: an order that came before the list was drawn, in an export that
        is older than that, is nothing that contacting did. The day of the draw counts, in both groups alike."""
        return max(self.day, self.drawn_at.date() - dt.timedelta(days=1))

    @property
    def identity(self) -> str:
        """The rule of who is one customer that the list was drawn under: its members' keys mean nothing under another."""
        definitions = json.loads(self.settings.get("definitions", "{}"))
        return str(self.settings.get("identity", definitions.get("identity", "default")))


@dataclass(frozen=True)
class Member:
    """A customer on a kept list; `state_on` is the day of the state, None while it is open."""

    customer: str
    place: int
    held_out: bool
    reason: str
    stage: str
    step: str
    chance: float
    stake: float
    state: State
    state_on: dt.date | None


@dataclass(frozen=True)
class Event:
    """One change of a customer's state."""

    customer: str
    state: State
    state_on: dt.date | None
    written_at: dt.datetime


class Contacts:
    """The contact lists of one data set. Raises ValueError where a tenant has no such data set."""

    def __init__(self, catalog: Catalog, data_set: int, tenant: str = LOCAL) -> None:
        catalog.data_set(data_set, tenant)
        self._catalog, self._data_set = catalog, data_set

    def draw(
        self,
        candidates: Sequence[Candidate],
        *,
        token: str,
        day: dt.date,
        days: int,
        seed: int,
        settings: dict[str, Any],
        rest_days: int,
    ) -> Drawn:
        """Keep this draw, and give it back; the list of the same `token` where there is one already.

        Raises ValueError where nobody is to be drawn, a customer stands there twice, or somebody was listed within
        `rest_days` of `day` (another draw came in between): then nothing is kept.
        """
        if not candidates:
            raise ValueError(text("Nobody is left to draw: nothing was kept."))
        if len({c.customer for c in candidates}) < len(candidates):
            raise ValueError(text("A customer stands twice among those to be drawn: nothing was kept."))
        with self._catalog.engine.begin() as con:
            # Two draws of one data set wait for each other: SQLite's transactions do so anyway.
            con.execute(
                sa.select(t.DATA_SETS.c.id).where(t.DATA_SETS.c.id == self._data_set).with_for_update()
            )
            c = t.CONTACT_LISTS.c
            asked = sa.select(c.id).where(c.data_set == self._data_set, c.token == token)
            number = con.execute(asked).scalar_one_or_none()
            if number is None:
                again = self._resting(con, day, rest_days) & {c.customer for c in candidates}
                if again:
                    raise ValueError(
                        text(
                            "{n} of these customers were put on another list meanwhile. Nothing was kept: look at the list again, "
                            "they are left out of it now.",
                            n=len(again),
                        )
                    )
                number = insert(
                    con,
                    t.CONTACT_LISTS,
                    data_set=self._data_set,
                    token=token,
                    drawn_at=now(),
                    day=day,
                    days=days,
                    seed=seed,
                    settings=json.dumps(settings, sort_keys=True),
                )
                rows = [vars(one) | {"list": number, "state": "open"} for one in candidates]
                con.execute(t.CONTACT_MEMBERS.insert(), rows)
        return self.drawn(number)

    def resting(self, day: dt.date, rest_days: int) -> set[str]:
        """Customers on a list whose day lies within `rest_days` of `day`, and those held out by a list whose own days
        are not over on `day`: contacting them would spoil its comparison."""
        with self._catalog.reader.connect() as con:
            return self._resting(con, day, rest_days)

    def strange(self, identity: str, day: dt.date, rest_days: int) -> list[int]:
        """Lists that would still let somebody rest on `day`, but were drawn under another identity rule: under `identity`
        their members have other keys, and are not recognised."""
        return [
            one.id
            for one in self.lists()
            if one.identity != identity and abs((day - one.day).days) < max(rest_days, one.days)
        ]

    def _resting(self, con: sa.Connection, day: dt.date, rest_days: int) -> set[str]:
        li, m = t.CONTACT_LISTS.c, t.CONTACT_MEMBERS.c
        joined = sa.join(t.CONTACT_LISTS, t.CONTACT_MEMBERS, li.id == m.list)
        lists = con.execute(sa.select(li.id, li.day, li.days).where(li.data_set == self._data_set)).all()
        fresh = [row.id for row in lists if abs((day - row.day).days) < rest_days]
        running = [row.id for row in lists if abs((day - row.day).days) < row.days]
        asked = (
            sa.select(m.customer)
            .select_from(joined)
            .where(
                li.data_set == self._data_set,
                sa.or_(li.id.in_(fresh), sa.and_(m.held_out, li.id.in_(running))),
            )
        )
        return set(con.execute(asked).scalars())

    def held_out(self) -> set[str]:
        """Everyone whom the newest list they stand on holds out."""
        li, m = t.CONTACT_LISTS.c, t.CONTACT_MEMBERS.c
        joined = sa.join(t.CONTACT_LISTS, t.CONTACT_MEMBERS, li.id == m.list)
        mine = (
            sa.select(m.customer, m.list, m.held_out).select_from(joined).where(li.data_set == self._data_set)
        )
        with self._catalog.reader.connect() as con:
            last = {row[0]: row[2] for row in con.execute(mine.order_by(m.list))}
        return {customer for customer, out in last.items() if out}

    def lists(self) -> list[Drawn]:
        """Newest first."""
        return self._lists()

    def drawn(self, number: int) -> Drawn:
        """One list of this data set. Raises ValueError where there is none by that number."""
        found = self._lists(number)
        if not found:
            raise ValueError(text("There is no contact list {n} here.", n=number))
        return found[0]

    def _lists(self, number: int | None = None) -> list[Drawn]:
        li, m = t.CONTACT_LISTS.c, t.CONTACT_MEMBERS.c
        held = sa.func.sum(sa.case((m.held_out, 1), else_=0))
        asked = (
            sa.select(t.CONTACT_LISTS, sa.func.count(m.customer).label("n"), held.label("held"))
            .select_from(sa.join(t.CONTACT_LISTS, t.CONTACT_MEMBERS, li.id == m.list))
            .where(li.data_set == self._data_set)
            .group_by(*t.CONTACT_LISTS.c)
            .order_by(li.id.desc())
        )
        if number is not None:
            asked = asked.where(li.id == number)
        with self._catalog.reader.connect() as con:
            return [
                Drawn(
                    r.id, r.drawn_at, r.day, r.days, r.seed, json.loads(r.settings), r.n - r.held, int(r.held)
                )
                for r in con.execute(asked)
            ]

    def members(self, number: int) -> list[Member]:
        """Everyone on a list, in its order."""
        self.drawn(number)
        c = t.CONTACT_MEMBERS.c
        asked = sa.select(t.CONTACT_MEMBERS).where(c.list == number).order_by(c.place)
        with self._catalog.reader.connect() as con:
            return [Member(*row[1:]) for row in con.execute(asked)]

    def standing(self, customers: Sequence[str]) -> dict[str, tuple[int, bool, State]]:
        """(number of the list, whether held out of it, state) of those of `customers` who stand on a list: the newest."""
        li, m = t.CONTACT_LISTS.c, t.CONTACT_MEMBERS.c
        asked = (
            sa.select(m.customer, li.id, m.held_out, m.state)
            .select_from(sa.join(t.CONTACT_LISTS, t.CONTACT_MEMBERS, li.id == m.list))
            .where(li.data_set == self._data_set, m.customer.in_(customers))
            .order_by(li.id)
        )
        with self._catalog.reader.connect() as con:
            return {row[0]: (row[1], row[2], row[3]) for row in con.execute(asked)}

    def mark(self, number: int, customers: Iterable[str], state: State, on: dt.date | None = None) -> None:
        """What became of these customers. Their history keeps what was said before.

        Raises ValueError for a state that does not exist, and for customers who are not to be contacted: those held out,
        or not on the list. Nothing is written then.
        """
        if state not in STATES:
            raise ValueError(
                text(
                    "There is no state {state}; there are {known}.", state=str(state), known=", ".join(STATES)
                )
            )
        wanted = set(customers)
        allowed = {m.customer for m in self.members(number) if not m.held_out}
        if wanted - allowed:
            raise ValueError(
                text(
                    "{n} of these customers are held out of list {number}, or not on it: they are not to be contacted.",
                    n=len(wanted - allowed),
                    number=number,
                )
            )
        if not wanted:
            return
        c = t.CONTACT_MEMBERS.c
        day = None if state == "open" else on
        changed = (
            t.CONTACT_MEMBERS.update()
            .where(c.list == number, c.customer == sa.bindparam("who"))
            .values(state=state, state_on=day)
        )
        event = {"list": number, "state": state, "state_on": day, "written_at": now()}
        with self._catalog.engine.begin() as con:
            con.execute(changed, [{"who": who} for who in sorted(wanted)])
            con.execute(t.CONTACT_EVENTS.insert(), [event | {"customer": who} for who in sorted(wanted)])

    def history(self, number: int) -> list[Event]:
        """Every change of state on a list, oldest first."""
        self.drawn(number)
        c = t.CONTACT_EVENTS.c
        asked = sa.select(c.customer, c.state, c.state_on, c.written_at).where(c.list == number)
        with self._catalog.reader.connect() as con:
            return [Event(*row) for row in con.execute(asked.order_by(c.id))]

    def look(self, number: int, fingerprint: str) -> int:
        """Somebody looks at a list before its days are over: how often that was done, once for each snapshot."""
        self.drawn(number)
        c = t.CONTACT_LOOKS.c
        key = {"list": number, "fingerprint": fingerprint}
        with self._catalog.engine.begin() as con:
            mine = sa.and_(*(c[name] == value for name, value in key.items()))
            if con.execute(sa.select(sa.func.count()).where(mine)).scalar_one() == 0:
                con.execute(t.CONTACT_LOOKS.insert().values(**key, looked_at=now()))
            return con.execute(sa.select(sa.func.count()).where(c.list == number)).scalar_one()

    def playbook(self) -> dict[str, str]:
        """The steps this data set departs from the usual ones in: place in the playbook -> step."""
        written = self._catalog.answers(self._data_set).get(PLAYBOOK)
        return json.loads(written) if written else {}

    def save_playbook(self, steps: dict[str, str]) -> None:
        self._catalog.confirm(self._data_set, PLAYBOOK, json.dumps(steps, sort_keys=True))
