"""Orders a day, drawn."""

from __future__ import annotations

from charts.health import orders_per_day
from models.definitions import Definitions
from models.health import health


def test_orders_per_day(shop):
    result = health(shop, Definitions())
    chart = orders_per_day(result, "light")
    assert (
        sum(chart.figure.data[0].y)
        == result.orders
        == len(chart.data) - result.quiet_days + sum(n - 1 for n in result.days.orders if n > 1)
    )
    assert f"{result.quiet_days} days had none" in chart.alt


def test_longer_gaps_are_shaded(shops):
    rows = [shops.order("a", day) for day in ("2024-01-01", "2024-01-03", "2024-01-09")]
    chart = orders_per_day(health(shops.shop_of(rows), Definitions()), "dark")
    # 4 to 8 January, not the single 2 January.
    assert [str(shape.x0)[:10] for shape in chart.figure.layout.shapes] == ["2024-01-04"]
