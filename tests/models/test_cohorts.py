"""Cohort tables: shops counted by hand, CDNOW, and what must hold in every shop."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models import cohort_cells, estimate, repeat
from models.cohorts import CohortTable, cohort_table, facts, reading_effect, rolled_up
from models.definitions import Definitions
from shop import Flag

D = Definitions()
JANUARY, FEBRUARY = dt.date(2024, 1, 1), dt.date(2024, 2, 1)


@pytest.fixture
def small(order, shop_of):
    """January: a, b, c. February: d. Observed until 30 April, a day short of completing that month.

    a comes back within January and in March; b in February; c never; d in March.
    """
    return shop_of(
        [
            order("a", "2024-01-05", 10),
            order("a", "2024-01-20", 5),
            order("a", "2024-03-31", 20),
            order("b", "2024-01-31", 30),
            order("b", "2024-02-01", 40),
            order("c", "2024-01-02", 50),
            order("d", "2024-02-29", 7),
            order("d", "2024-03-01", 3),
            order("d", "2024-03-01", 2),
            order(None, "2024-04-29", 99),
        ]
    )


def _values(table: CohortTable, cohort: dt.date, column: str = "value") -> list[float]:
    cells = table.cells[table.cells.cohort == np.datetime64(cohort)].sort_values("age")
    return cells[column].tolist()


def test_bought_in(small):
    table = cohort_table(small, D)
    assert table.sizes.n.tolist() == [3, 1]
    assert _values(table, JANUARY) == [1 / 3, 1 / 3]  # b in February, a in March
    assert _values(table, FEBRUARY)[0] == 1.0  # d in March
    assert np.isnan(_values(table, FEBRUARY)[1])  # April is not over


def test_bought_in_or_after(small):
    table = cohort_table(small, D.but(reading="in_or_after"))
    assert _values(table, JANUARY) == [2 / 3, 1 / 3]  # a and b in February or later, a in March


def test_cumulative(small):
    table = cohort_table(small, D.but(reading="cumulative"))
    assert _values(table, JANUARY) == [2 / 3, 2 / 3]  # a came back within January already, b in February


def test_blank_cell_says_why(small):
    cell = cohort_table(small, D).cell(FEBRUARY, 2)
    assert not cell.known
    assert "30 Apr 2024" in cell.why_missing
    seen = cohort_table(small, D.but(observed_until=dt.date(2024, 4, 30))).cell(FEBRUARY, 2)
    assert (seen.value, seen.n) == (0.0, 1)


def test_nobody_back_is_zero_not_blank(order, shop_of):
    shop = shop_of([order("a", "2024-01-05"), order(None, "2024-06-30")])
    assert _values(cohort_table(shop, D), JANUARY) == [0.0] * 5


def test_revenue_and_purchases_are_cumulative_per_customer(order, shop_of):
    # 40 customers who bring 10 in January; half of them 30 more in March, on one day in two orders.
    rows = [order(f"c{i}", "2024-01-10", 10) for i in range(40)]
    rows += [order(f"c{i}", "2024-03-10", 15) for i in range(20)] * 2
    rows += [order(None, "2024-03-31", 1)]
    revenue = cohort_table(shop_of(rows), D, measure="revenue")
    assert _values(revenue, JANUARY) == [10.0, 10.0, 25.0]
    # t interval of twenty 10s and twenty 40s by hand: s = 15 sqrt(40/39), t(.95, 39) = 1.6849
    half = 1.6849 * 15 * np.sqrt(40 / 39) / np.sqrt(40)
    cell = revenue.cell(JANUARY, 2)
    assert (cell.low, cell.high) == pytest.approx((25 - half, 25 + half), abs=1e-3)
    assert _values(cohort_table(shop_of(rows), D, measure="purchases"), JANUARY) == [1.0, 1.0, 1.5]


def test_credit_note_lowers_revenue_at_its_own_age(order, shop_of):
    rows = [order(f"c{i}", "2024-01-10", 10) for i in range(40)]
    rows += [order(f"c{i}", "2024-02-10", -4, flags=Flag.CANCELLED) for i in range(20)]
    shop = shop_of([*rows, order(None, "2024-02-29")])
    assert _values(cohort_table(shop, D, measure="revenue"), JANUARY) == [10.0, 8.0]
    assert _values(cohort_table(shop, D), JANUARY) == [0.0]  # and is no purchase


def test_small_cohort_has_no_mean_and_says_so(small):
    cell = cohort_table(small, D, measure="revenue").cell(JANUARY, 0)
    assert not cell.known
    assert "Only 3 customers" in cell.why_missing


def test_weeks_start_on_monday_and_quarters_in_january(order, shop_of):
    shop = shop_of([order("a", "2024-03-31"), order("a", "2024-04-01"), order(None, "2024-12-31")])
    week = cohort_table(shop, D.but(period="week"))
    assert week.sizes.cohort.tolist() == [np.datetime64("2024-03-25")]
    assert week.cell(dt.date(2024, 3, 25), 1).value == 1.0
    quarter = cohort_table(shop, D.but(period="quarter"))
    assert quarter.cell(JANUARY, 1).value == 1.0


@pytest.mark.parametrize(
    ("first", "later", "period", "age"),
    [
        ("2024-01-31", "2024-01-31", "month", 0),
        ("2024-01-31", "2024-02-29", "month", 1),  # the 31st becomes the last day
        ("2024-01-31", "2024-03-01", "month", 2),
        ("2024-01-15", "2024-02-15", "month", 1),
        ("2024-01-15", "2024-02-16", "month", 2),
        ("2023-12-15", "2024-01-14", "month", 1),
        ("2024-01-15", "2024-04-15", "quarter", 1),
        ("2024-01-15", "2024-04-16", "quarter", 2),
        ("2024-01-01", "2024-01-08", "week", 1),
        ("2024-01-01", "2024-01-09", "week", 2),
    ],
)
def test_rolling_clock(order, shop_of, first, later, period, age):
    shop = shop_of([order("a", first), order("a", later), order(None, "2025-01-31")])
    table = cohort_table(shop, D.but(period=period, clock="rolling"), measure="retention")
    bought = table.cells[(table.cells.bought > 0)].age.tolist()
    assert bought == ([age] if age else [])


def test_rolling_cohort_is_known_when_its_last_customer_is(order, shop_of):
    rows = [order("a", "2024-01-02"), order("b", "2024-01-20"), order(None, "2024-03-19")]
    table = cohort_table(shop_of(rows), D.but(clock="rolling"))
    assert table.cells.age.tolist() == [1]
    later = cohort_table(shop_of([*rows, order(None, "2024-03-20")]), D.but(clock="rolling"))
    assert later.cells.age.tolist() == [1, 2]


def test_rolling_month_twelve_is_the_repeat_rate_within_twelve_months(cdnow_master):
    table = cohort_table(cdnow_master, D.but(clock="rolling", reading="cumulative"))
    pooled = rolled_up(table).set_index("age").loc[12]
    # truths.md: 10,810 of 23,570 bought again within 12 months.
    assert (pooled.again, pooled.n) == (10_810, 23_570)
    assert repeat.within(cdnow_master, D, months=12).rate.value == pytest.approx(pooled.value, abs=0)


def test_cdnow_sizes(cdnow_master):
    table = cohort_table(cdnow_master, D)
    assert table.sizes.n.sum() == 23_570
    assert [d.month for d in table.sizes.cohort] == [1, 2, 3]
    # Customers of January 1997 who bought in April 1997, counted from the file with pandas in another way.
    orders = cdnow_master.orders.select("customer", "ordered_on").execute()
    months = orders.ordered_on.map(lambda d: (d.year, d.month))
    first = months.groupby(orders.customer).transform("min")
    expected = orders.customer[(first == (1997, 1)) & (months == (1997, 4))].nunique()
    assert (
        table.cells[(table.cells.cohort == "1997-01-01") & (table.cells.age == 3)].bought.item() == expected
    )


def test_rolled_up_adds_numerators(order, shop_of):
    # January: 1 of 1 back in month 1; February: 0 of 3. Pooled 1 of 4; percentages averaged would give 1/2.
    rows = [order("a", "2024-01-05"), order("a", "2024-02-05")]
    rows += [order(c, "2024-02-10") for c in "bcd"] + [order(None, "2024-03-31")]
    table = cohort_table(shop_of(rows), D)
    pooled = rolled_up(table).set_index("age")
    assert (pooled.value[1], pooled.n[1], pooled.cohorts[1]) == (0.25, 4, 2)
    assert (pooled.value[2], pooled.n[2], pooled.cohorts[2]) == (0.0, 1, 1)
    same = rolled_up(table, through=2)
    assert same.n.tolist() == [1, 1]  # only January stands behind both ages


def test_split_by_first_orders_discount(order, shop_of):
    rows = [order("a", "2024-01-05", discount=5), order("a", "2024-02-05"), order("b", "2024-01-05")]
    rows += [order("b", "2024-03-01", discount=1), order(None, "2024-02-29")]
    table = cohort_table(shop_of(rows), D, split="first_discount")
    assert table.cell(JANUARY, 1, "with a discount").value == 1.0
    assert table.cell(JANUARY, 1, "at full price").value == 0.0


def test_split_by_kept_column_names_empty_values_and_pools_rare_ones(order, shop_of):
    rows = [order(f"c{i}{j}", "2024-01-05", extra_tag=f"t{i}") for i in range(9) for j in range(9 - i)]
    shop = shop_of(
        [*rows, order("x", "2024-01-06"), order(None, "2024-02-29")], splits=(("extra_tag", "Tag"),)
    )
    sizes = cohort_table(shop, D, split="extra_tag").sizes.set_index("split").n.to_dict()
    assert sizes == {**{f"t{i}": 9 - i for i in range(7)}, "all others": 3, "not stated": 1}


def test_unknown_split_is_refused_by_name(small):
    with pytest.raises(ValueError, match="cannot be split by shoe_size"):
        cohort_table(small, D, split="shoe_size")


def test_first_of_the_orders_at_one_moment_does_not_depend_on_rows(order, shop_of):
    rows = [order("a", "2024-01-05", channel="web"), order("a", "2024-01-05", channel="shop")]
    for each in (rows, rows[::-1]):
        shop = shop_of([*each, order(None, "2024-02-29")])
        assert cohort_table(shop, D, split="channel").sizes.split.tolist() == ["shop"]


def test_readings_side_by_side(small):
    effect = reading_effect(cohort_table(small, D), 1)
    # Pooled over January (3) and February (1): bought in 1+1, in or after 2+1, cumulative 2+1.
    assert {name: (e.value, e.n) for name, e in effect.items()} == {
        "in": (0.5, 4),
        "in_or_after": (0.75, 4),
        "cumulative": (0.75, 4),
    }
    with pytest.raises(ValueError, match="Readings belong to retention"):
        reading_effect(cohort_table(small, D, measure="revenue"), 1)


def test_sentence_compares_the_newest_cohort_with_an_equally_old_one(cdnow_master):
    said = facts(cohort_table(cdnow_master, D))
    assert said is not None
    assert (said.age, said.newest, said.earlier) == (3, dt.date(1997, 3, 1), dt.date(1997, 1, 1))
    assert said.change.low < said.newest_figure.value - said.earlier_figure.value < said.change.high


def test_no_sentence_before_any_cohort_is_complete(order, shop_of):
    assert facts(cohort_table(shop_of([order("a", "2024-01-05")]), D)) is None


def test_intervals_are_those_of_estimate():
    import pandas as pd

    k, n = pd.Series([0, 3, 81, 20]), pd.Series([20, 29, 263, 20])
    column = cohort_cells.shares(k, n, 0.95)
    for i in range(4):
        one = estimate.share(k[i], n[i], level=0.95)
        assert column.loc[i].tolist() == pytest.approx([one.value, one.low, one.high], abs=1e-12)
    totals, squares = pd.Series([100.0, 5.0]), pd.Series([900.0, 25.0])
    column = cohort_cells.means(pd.Series([40, 3]), totals, squares, 0.9)
    one = estimate.mean(40, 100.0, 900.0)
    assert column.loc[0].tolist() == pytest.approx([one.value, one.low, one.high], rel=1e-12)
    assert column.loc[1].isna().all()


ORDERS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.dates(dt.date(2023, 1, 1), dt.date(2023, 9, 30)),
        st.integers(0, 50),
    ),
    min_size=1,
    max_size=40,
)
CLOCKS = st.tuples(st.sampled_from(["week", "month", "quarter"]), st.sampled_from(["calendar", "rolling"]))
quick = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # shrinking a shop takes minutes and says little more
)


def _shop(order, shop_of, orders):
    return shop_of([order(c, str(on), float(v)) for c, on, v in orders])


@quick
@given(ORDERS, CLOCKS)
def test_readings_are_ordered(order, shop_of, orders, clock):
    cells = cohort_table(_shop(order, shop_of, orders), D.but(period=clock[0], clock=clock[1])).cells
    assert (cells.bought <= cells.again).all()
    assert (cells.bought <= cells.at_or_after).all()
    assert (cells.again <= cells.n).all()
    for _, one in cells.groupby("cohort"):
        assert (one.sort_values("age").again.diff().dropna() >= 0).all()
        assert (one.sort_values("age").at_or_after.diff().dropna() <= 0).all()


@quick
@given(ORDERS, CLOCKS, st.randoms(use_true_random=False))
def test_order_of_rows_decides_nothing(order, shop_of, orders, clock, random):
    d = D.but(period=clock[0], clock=clock[1])
    mixed = list(orders)
    random.shuffle(mixed)
    for measure in ("retention", "purchases"):
        one = cohort_table(_shop(order, shop_of, orders), d, measure=measure).cells
        other = cohort_table(_shop(order, shop_of, mixed), d, measure=measure).cells
        assert one.equals(other)


@quick
@given(
    ORDERS, CLOCKS, st.dates(dt.date(2023, 3, 1), dt.date(2023, 8, 1)), st.sampled_from(["in", "cumulative"])
)
def test_later_orders_never_change_a_complete_cell(order, shop_of, orders, clock, cut, reading):
    d = D.but(period=clock[0], clock=clock[1], reading=reading)
    past = [o for o in orders if o[1] <= cut]
    if not past:
        return
    before = cohort_table(_shop(order, shop_of, past), d.but(observed_until=cut)).cells
    before = before[before.complete]
    after = cohort_table(_shop(order, shop_of, orders), d.but(observed_until=dt.date(2023, 12, 31))).cells
    both = before.merge(after, on=["cohort", "split", "age"], suffixes=("", "_after"))
    assert len(both) == len(before)
    assert (both.n == both.n_after).all()
    assert (both.value == both.value_after).all()


@quick
@given(ORDERS, CLOCKS)
def test_pooled_is_the_sum(order, shop_of, orders, clock):
    table = cohort_table(_shop(order, shop_of, orders), D.but(period=clock[0], clock=clock[1]))
    pooled = rolled_up(table)
    complete = table.cells[table.cells.complete]
    for _, row in pooled.iterrows():
        cells = complete[complete.age == row.age]
        assert row.n == cells.n.sum()
        assert row.bought == cells.bought.sum()
        assert row.value == pytest.approx(cells.bought.sum() / cells.n.sum())
