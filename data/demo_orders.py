"""The demo shop's orders and order lines as tables, written piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data import demo_columns as col
from data import demo_process as process
from data.demo_process import DAY, Bools, Customers, Floats, Ints, Orders, season, truth
from data.demo_texts import PRODUCTS
from shop import Flag

PIECE = 245_760
"""Orders made into a table at once: bounds memory, and fills two row groups."""
ROW_GROUP = 122_880


@dataclass(frozen=True)
class Book:
    """Every order of the shop: those of its customers, then tests, then guests, each by customer and time.

    `customer` is the number of customers for tests and one more for guests. Money in cents, moments in
    microseconds since 1970. `number` is the order's place among its customer's, from 0.
    """

    customers: int
    customer: Ints
    number: Ints
    at: Ints
    event: Bools
    country: Ints
    channel: Ints
    order_number: Ints
    net: Ints
    cancelled: Bools
    promised: Ints
    delivered: Ints


def book(people: Customers, made: Orders, rng: np.random.Generator) -> Book:
    """Add guests and tests to the customers' orders, and what each order is worth and when it came."""
    t, s = truth(), season()
    n, tests = len(people.came), t["test_orders"]
    guests = rng.binomial(len(made.at), t["guest_share"] / (1 - t["guest_share"]))
    others = tests + guests
    late_in_file = [np.sort(s.moment(rng.random(k) * s.weeks[-1])) for k in (tests, guests)]
    at = np.concatenate([made.at, *late_in_file])
    customer = np.concatenate([made.customer, np.full(tests, n), np.full(guests, n + 1)])
    country = np.concatenate([people.country[made.customer], _draw(t["countries"].values(), others, rng)])
    shares = [c["share"] for c in t["channels"].values()]
    first_channel = np.concatenate([people.channel[made.customer], _draw(shares, others, rng)])
    number = np.concatenate([made.number, np.zeros(others, np.int16)])
    elsewhere = (number > 0) & (rng.random(len(at)) >= t["later_orders"]["same_channel"])
    where = list(t["channels"]).index(t["later_orders"]["otherwise"])
    late, _ = process.experience(country[len(made.at) :], s.month[s.hour(at[len(made.at) :])], rng)
    average = np.mean([c["gamma"] for c in t["channels"].values()])
    scale = np.concatenate(
        [people.scale[made.customer], rng.gamma(t["spend_per_order"]["q"], size=others) / average]
    )
    order_number = np.empty(len(at), np.int64)
    order_number[np.argsort(at, kind="stable")] = np.arange(1, len(at) + 1)
    wait = np.array(list(t["delivery"]["promised_days"].values()))[country]
    promised = (at // DAY + wait + 1) * DAY
    return Book(
        customers=n,
        customer=customer,
        number=number,
        at=at,
        event=np.concatenate([made.event, np.zeros(others, bool)]),
        country=country,
        channel=np.where(elsewhere, where, first_channel),
        order_number=order_number,
        net=col.cents(rng.gamma(t["spend_per_order"]["p"], size=len(at)) / scale),
        cancelled=rng.random(len(at)) < t["cancelled_share"],
        promised=promised,
        delivered=np.maximum(promised + _delay(np.concatenate([made.late, late]), rng), at + DAY // 4),
    )


def _draw(shares: object, n: int, rng: np.random.Generator) -> Ints:
    return rng.choice(len(list(shares)), n, p=list(shares)).astype(np.int8)  # type: ignore[call-overload]


def _delay(late: Bools, rng: np.random.Generator) -> Ints:
    """How long after the promise a parcel came (negative: before), in whole minutes."""
    early, after = -rng.uniform(0.1, 2.5, len(late)), 0.2 + rng.gamma(2.0, 2.5, len(late))
    return (np.where(late, after, early) * 1440).astype(np.int64) * 60_000_000


@dataclass(frozen=True)
class Written:
    """What the ledger counts: an entry an order."""

    flags: Ints
    net: Ints


def write(folder: Path, shop: Book, names: dict[str, pa.Array], rng: np.random.Generator) -> Written:
    """Write orders.parquet and order_lines.parquet. `names` holds customer, email and name by person, with
    one entry more for tests and one (null) for guests."""
    flags = np.zeros(len(shop.at), np.int32)
    with (
        pq.ParquetWriter(folder / "orders.parquet", col.schema("orders")) as orders,
        pq.ParquetWriter(folder / "order_lines.parquet", col.schema("order_lines")) as lines,
    ):
        for start in range(0, len(shop.at), PIECE):
            piece = slice(start, min(start + PIECE, len(shop.at)))
            order_id = col.numbered("D", shop.order_number[piece], 8)
            gross, discount, code = _discounts(shop, piece, rng)
            first, items, table = _lines(order_id, gross, rng)
            lines.write_table(table, row_group_size=ROW_GROUP)
            refund, when = _refunds(shop, piece, rng)
            flags[piece] = _flags(shop, piece, refund)
            table = _orders(shop, piece, names, order_id, gross, discount, code, refund, when, flags[piece])
            table = table.set_column(
                *_named(table, "first_product", col.pick([p[0] for p in PRODUCTS], first))
            )
            table = table.set_column(*_named(table, "items", pa.array(items, pa.float64())))
            orders.write_table(table, row_group_size=ROW_GROUP)
    return Written(flags, shop.net)


def _named(table: pa.Table, name: str, values: pa.Array) -> tuple[int, str, pa.Array]:
    return table.schema.get_field_index(name), name, values


def _discounts(shop: Book, piece: slice, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Gross and discount in cents, and which code was used (3: none)."""
    t = truth()
    welcome, loyal = t["discounts"]["WELCOME10"], t["discounts"]["LOYAL5"]
    luck = rng.random(piece.stop - piece.start)
    customer = shop.customer[piece] < shop.customers
    first = customer & (shop.number[piece] == 0)
    later = shop.number[piece] > 0
    code = np.full(len(luck), 3)
    code[first & (luck < welcome["share_of_first_orders"])] = 1
    code[later & (luck < loyal["share_of_later_orders"])] = 2
    code[shop.event[piece]] = 0
    off = np.array([t["event"]["discount"], welcome["discount"], loyal["discount"], 0.0])[code]
    net = shop.net[piece]
    gross = np.rint(net / (1 - off)).astype(np.int64)
    return gross, gross - net, code


def _refunds(shop: Book, piece: slice, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Cents paid back (0: none) and when. What would be paid back after the last day is not known yet."""
    t = truth()["refunded"]
    net, at = shop.net[piece], shop.at[piece]
    full = rng.random(len(net)) < t["in_full"]
    part = np.maximum((net * rng.uniform(0.1, 0.9, len(net))).astype(np.int64), 1)
    when = at + (rng.uniform(1, t["within_days"], len(net)) * 1440).astype(np.int64) * 60_000_000
    back = (rng.random(len(net)) < t["share"]) & ~shop.cancelled[piece] & (when < season().end)
    return np.where(back, np.where(full, net, part), 0), when


def _flags(shop: Book, piece: slice, refund: Ints) -> Ints:
    customer = shop.customer[piece]
    return (
        Flag.CANCELLED * shop.cancelled[piece]
        + Flag.REFUNDED * (refund > 0)
        + Flag.TEST * (customer == shop.customers)
        + Flag.NO_CUSTOMER * (customer > shop.customers)
    ).astype(np.int32)


def _lines(order_id: pa.Array, gross: Ints, rng: np.random.Generator) -> tuple[Ints, Ints, pa.Table]:
    """Each order's first product and pieces, and the lines: quantity x price adds up to gross exactly."""
    n = len(gross)
    # An order of a few cents cannot be shared out among lines.
    count = np.where(gross < 500, 1, 1 + _draw(truth()["lines"], n, rng).astype(np.int64))
    ends = np.cumsum(count)
    order = np.repeat(np.arange(n), count)
    line = np.arange(len(order)) - np.repeat(ends - count, count) + 1
    last = line == count[order]
    quantity = np.where(last, 1, rng.integers(1, 3, len(order)))
    share = rng.uniform(0.15, 0.4, len(order))
    price = np.where(last, 0, np.rint(gross[order] * share / quantity).astype(np.int64))
    so_far = np.add.reduceat(price * quantity, ends - count)
    price[last] = gross - so_far
    product = _draw([p[3] for p in PRODUCTS], len(order), rng)
    columns = {
        "order_id": order_id.take(pa.array(order)),
        "line": line,
        "product": col.pick([p[0] for p in PRODUCTS], product),
        "sku": col.pick([p[1] for p in PRODUCTS], product),
        "category": col.pick([p[2] for p in PRODUCTS], product),
        "quantity": quantity,
        "price": col.dollars(price),
    }
    items = np.add.reduceat(quantity, ends - count)
    return product[ends - count], items, col.rows("order_lines", len(order), columns)


def _orders(
    shop: Book,
    piece: slice,
    names: dict[str, pa.Array],
    order_id: pa.Array,
    gross: Ints,
    discount: Ints,
    code: Ints,
    refund: Ints,
    when: Ints,
    flags: Ints,
) -> pa.Table:
    t, s = truth(), season()
    at, net = shop.at[piece], shop.net[piece]
    who = pa.array(shop.customer[piece])
    rate: Floats = np.array(list(t["tax"].values()))[shop.country[piece]]
    free = gross >= t["shipping"]["free_from"] * 100
    state = np.where(shop.cancelled[piece], 1, np.where(refund == 0, 0, np.where(refund == net, 2, 3)))
    lost = shop.cancelled[piece]
    values = {
        "order_id": order_id,
        "customer": names["customer"].take(who),
        "customer_id": names["customer"].take(who),
        "email": names["email"].take(who),
        "name": names["name"].take(who),
        "ordered_at": col.times(at),
        "ordered_on": col.days(s.local_day(at)),
        "currency": t["currency"],
        "gross": col.dollars(gross),
        "discount": col.dollars(discount),
        "discount_code": col.pick([t["event"]["code"], "WELCOME10", "LOYAL5", None], code),
        "shipping": col.dollars(np.where(free, 0, round(t["shipping"]["amount"] * 100))),
        "tax": col.dollars(np.rint(net * rate).astype(np.int64)),
        "refunded": col.dollars(refund),
        "refunded_at": col.times(when, refund == 0),
        "net": col.dollars(net),
        "channel": col.pick(list(t["channels"]), shop.channel[piece]),
        "country": col.pick(list(t["countries"]), shop.country[piece]),
        "status": col.pick(["fulfilled", "cancelled", "refunded", "partially refunded"], state),
        "promised_at": col.times(shop.promised[piece]),
        "delivered_at": col.times(shop.delivered[piece], lost | (shop.delivered[piece] >= s.end)),
        "flags": flags,
        "records": 1,
    }
    return col.rows("orders", len(at), values)
