"""The features by name: the group each belongs to, and how a person reads it."""

from __future__ import annotations

from collections.abc import Callable

from words import message, money, number, percent, text

TITLES = {
    "recency": message("Time since the last order"),
    "frequency": message("How often and how long they have ordered"),
    "age": message("Time since the first order"),
    "rhythm": message("Their own rhythm"),
    "value": message("What they spend"),
    "discounts": message("Discounts"),
    "refunds": message("Refunds"),
    "products": message("What they buy"),
    "channel": message("Channel and country"),
    "season": message("Season"),
    "satisfaction": message("What they answered"),
    "delivery": message("Deliveries"),
}
GROUPS = {
    "recency_days": "recency",
    "purchases": "frequency",
    "recent_purchases": "frequency",
    "year_purchases": "frequency",
    "age_days": "frequency",
    "mean_gap": "rhythm",
    "last_gap": "rhythm",
    "gap_sd": "rhythm",
    "overdue_ratio": "rhythm",
    "gap_trend": "rhythm",
    "mean_value": "value",
    "last_value": "value",
    "total_value": "value",
    "value_trend": "value",
    "discount_share": "discounts",
    "refund_share": "refunds",
    "mean_items": "products",
    "categories": "products",
    "first_product": "products",
    "first_category": "products",
    "first_channel": "channel",
    "last_channel": "channel",
    "last_country": "channel",
    "last_season": "season",
    "season_now": "season",
    "last_score": "satisfaction",
    "answer_days": "satisfaction",
    "answers": "satisfaction",
    "late_share": "delivery",
    "last_late": "delivery",
}
"""Every feature and its group, in the order they are shown."""

HISTORY_GROUPS = GROUPS | {"age_days": "age"}
"""For BTYD, which looks at nothing but recency, frequency and age: its reasons are these three."""

PHRASES = {
    "recency_days": message("days since the last order: {value}"),
    "purchases": message("purchases so far: {value}"),
    "recent_purchases": message("purchases in the last 90 days: {value}"),
    "year_purchases": message("purchases in the last year: {value}"),
    "age_days": message("days since the first order: {value}"),
    "mean_gap": message("days between orders, on average: {value}"),
    "last_gap": message("days between the last two orders: {value}"),
    "gap_sd": message("days by which the gaps between orders vary: {value}"),
    "overdue_ratio": message("silent for {value} times their usual gap"),
    "gap_trend": message("last gap {value} times the earlier ones"),
    "mean_value": message("{value} a purchase on average"),
    "last_value": message("{value} in the last purchase"),
    "total_value": message("{value} spent in all"),
    "value_trend": message("last purchase {value} times the earlier ones"),
    "discount_share": message("{value} of the goods’ price taken off as discount"),
    "refund_share": message("{value} of the money paid back"),
    "mean_items": message("pieces a purchase: {value}"),
    "categories": message("categories bought from: {value}"),
    "first_product": message("first bought {value}"),
    "first_category": message("first bought from {value}"),
    "first_channel": message("came through {value}"),
    "last_channel": message("last ordered through {value}"),
    "last_country": message("in {value}"),
    "last_season": message("last ordered in {value}"),
    "season_now": message("it is {value}"),
    "last_score": message("last answer at {value} of its scale"),
    "answer_days": message("days since the last answer: {value}"),
    "answers": message("answers so far: {value}"),
    "late_share": message("{value} of deliveries late"),
    "last_late": message("late among the last deliveries: {value}"),
}
NAMES = {
    "mean_value": message("Average purchase"),
    "last_value": message("Value of the last purchase"),
    "total_value": message("Money spent in all"),
    "value_trend": message("Value of the last purchase over the earlier ones’"),
    "discount_share": message("Share taken off as discount"),
    "refund_share": message("Share of money paid back"),
    "mean_items": message("Pieces a purchase"),
    "categories": message("Categories bought from"),
    "first_product": message("First product"),
    "first_category": message("First category"),
    "first_channel": message("Channel of the first order"),
    "last_channel": message("Channel of the last order"),
    "last_country": message("Country of the last order"),
    "last_score": message("Score of the last answer"),
    "answer_days": message("Days since the last answer"),
    "answers": message("Number of answers"),
    "late_share": message("Share of late deliveries"),
    "last_late": message("Late last deliveries"),
}
"""Of the features that do not come from the days of orders alone: what they are called without a value."""

SEASONS = (message("winter"), message("spring"), message("summer"), message("autumn"))
SHARES = ("discount_share", "refund_share", "last_score", "late_share")
ROUGH = ("overdue_ratio", "gap_trend", "value_trend", "mean_items")
MONEY = ("mean_value", "last_value", "total_value")


def name_of(feature: str) -> str:
    """What a person calls it, in quotation marks; the column itself where it has no name."""
    return text("“{name}”", name=text(NAMES[feature])) if feature in NAMES else feature


def written(currency: str) -> Callable[[str, float], str]:
    """How a feature's number reads: money as money, shares as percentages, counts and days without decimals."""

    def write(feature: str, value: float) -> str:
        if feature in MONEY:
            return money(value, currency)
        if feature in SHARES:
            return percent(value, 0)
        return number(value, 1 if feature in ROUGH else 0)

    return write
