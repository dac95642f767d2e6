"""The contact list in sentences."""

from __future__ import annotations

import datetime as dt

import words
from models.contact_list import REASONS, ContactList
from models.contact_profit import Profit
from models.contact_signs import FALSE_ALARMS
from models.order_chance import OrderChances
from words import plural, text

FAR = 3 * 365
STALE = 14


def label() -> str:
    return text("Looking for customers to contact …")


def scoring() -> str:
    return text("Working out each customer’s chance of an order …")


def testing() -> str:
    return text("Testing such forecasts on the shop’s past …")


def slowing() -> str:
    return text("Holding the best customers against their own past …")


def reasons() -> dict[str, str]:
    return {
        "unhappy": text("unhappy answer"),
        "overdue": text("overdue"),
        "slipping": text("slipping"),
        "second": text("second order due"),
    }


def stages() -> dict[str, str]:
    return {
        "first": text("first to second order"),
        "growing": text("growing to loyal"),
        "lapsed": text("lapsed"),
    }


def steps() -> dict[str, str]:
    return {
        "call": text("service call"),
        "offer": text("personal offer"),
        "points": text("points"),
        "reminder": text("reminder"),
        "nothing": text("nothing"),
    }


def bands() -> dict[str, str]:
    return {"best": text("the fifth with most at stake"), "rest": text("the others")}


def states() -> dict[str, str]:
    return {
        "open": text("open"),
        "contacted": text("contacted"),
        "answered": text("answered"),
        "won_back": text("won back"),
    }


def answer(found: ContactList, currency: str) -> str:
    if not len(found.at):
        return text("Nobody needs to be contacted today.")
    said = plural(
        "{n} customer gives a reason to be contacted, with {stake} at stake",
        "{n} customers give a reason to be contacted, with {stake} at stake",
        len(found.at),
        stake=words.estimate(found.total, currency),
    )
    late = found.count("overdue")
    if not late:
        return text("{said}; nobody is overdue.", said=said)
    return text("{said}; {late}.", said=said, late=plural("{n} is overdue", "{n} are overdue", late))


def horizon(chances: OrderChances) -> str:
    return text(
        "chance of an order within {days}, by {model}",
        days=plural("{n} day", "{n} days", chances.days),
        model=chances.model,
    )


def nobody(found: ContactList) -> str:
    return text(
        "Nobody gave an unhappy answer, nobody is silent for longer than their own rhythm explains, nobody slows down beyond "
        "noise, and no first order is {first} to {last} days old, when second orders usually come.",
        first=words.count(found.window.first),
        last=words.count(found.window.last),
    )


def at_stake(days: int, months: int) -> str:
    return text(
        "At stake is the chance of no order within {days}, times what the customer brings within {months} if kept.",
        days=plural("{n} day", "{n} days", days),
        months=plural("{n} month", "{n} months", months),
    )


def not_in_file(customers: int) -> str:
    return plural(
        "{n} of those shown is not in the file: refused or held out, or with the e-mail address of somebody who is.",
        "{n} of those shown are not in the file: they refused or are held out, or have the e-mail address of somebody who did "
        "or is.",
        customers,
    )


def by_reason(found: ContactList, currency: str) -> list[tuple[str, str]]:
    """(reason, how many with what at stake) of each reason that anybody has."""
    names = reasons()
    return [
        (
            names[reason],
            plural(
                "{n} customer, {stake} at stake",
                "{n} customers, {stake} at stake",
                found.count(reason),
                stake=words.estimate(total, currency),
            ),
        )
        for reason, total in zip(REASONS, found.of_reason, strict=True)
        if found.count(reason)
    ]


def meanings(found: ContactList) -> list[str]:
    """What each reason means here, for those who want to know."""
    return [
        text(
            "**Overdue**: silent for longer than 90% of the customer’s own gaps. The fewer orders, the less is known of the "
            "rhythm, and the longer it takes."
        ),
        text(
            "**Slipping**: still buying, but recent gaps are longer, or amounts smaller, than the customer’s earlier ones beyond "
            "noise. Of the {n} customers with five purchases or more, up to {false} would look so by chance alone.",
            n=words.count(found.watched),
            false=words.count(found.watched * FALSE_ALARMS),
        ),
        text(
            "**Second order due**: one purchase, {first} to {last} days ago. A quarter to nine tenths of the second orders "
            "that come in time come at that age ({method}).",
            first=words.count(found.window.first),
            last=words.count(found.window.last),
            method=found.window.method,
        ),
        text(
            "**Unhappy answer**: the last answer of the last half-year was a detractor’s, or in the lowest quarter of its scale."
        )
        if found.answers
        else text("**Unhappy answer**: this data set has no survey answers."),
        text(
            "A customer with several reasons stands on the list once, under the first of: unhappy answer, overdue, slipping, "
            "second order due."
        ),
    ]


def cut(found: Profit, currency: str) -> str:
    if not found.best.known or not found.cut.value:
        return text(
            "At these costs contacting anybody costs more than it is expected to bring. A cheaper contact or offer, or a higher "
            "share saved, changes that."
        )
    return text(
        "Most profit comes from contacting the first {cut} of the list as the playbook says: {best}. It pays as long as "
        "more than {even} of those who would not have ordered are saved.",
        cut=words.estimate(found.cut),
        best=words.estimate(found.best, currency, 0),
        even=words.estimate(found.break_even),
    )


def most(found: Profit, currency: str) -> str:
    return text(
        "Expected maximum profit: {most}, if the cut-off could follow the share saved once it is known (taken as Beta({a}, {b})). "
        "The chance that the cut-off shown brings more than it costs is {gains}.",
        most=words.money(found.at_most, currency, 0),
        a=words.number(found.costs.beta[0], 1),
        b=words.number(found.costs.beta[1], 1),
        gains=words.percent(found.gains, 0),
    )


def persuadable() -> str:
    return text(
        "A high risk of leaving is not the same as being open to persuasion: nobody knows from orders alone whom a contact changes. "
        "The share saved is your assumption until a hold-out group has measured it."
    )


def next_order(end: dt.date, middle: float, low: float, high: float) -> str:
    """The likely day of the next order, with what chance leaves open around it."""

    def on(days: float) -> str:
        return words.day(end + dt.timedelta(days=round(days)))

    # Beyond three years a model's day is no day to plan with.
    if low >= FAR:
        return text("none likely")
    if middle >= FAR:
        return text("perhaps never (from {low})", low=on(low))
    if high >= FAR:
        return text("{day} (from {low}, or never)", day=on(middle), low=on(low))
    return text("{day} ({low}–{high})", day=on(middle), low=on(low), high=on(high))


def standing(found: tuple[int, bool, str] | None) -> str:
    """What a customer's last list made of them; nothing for who was never listed."""
    if found is None:
        return ""
    number, held_out, state = found
    said = text("held out") if held_out else states()[state]
    return text("{n}: {state}", n=number, state=said)


def stale(end: dt.date, today: dt.date) -> str:
    """That the orders end long before today, where they do."""
    late = (today - end).days
    if late <= STALE:
        return ""
    return text(
        "The orders end on {end}, {days} ago. What customers have done since is not known here: import newer orders before you "
        "draw a list to act on.",
        end=words.day(end),
        days=plural("{n} day", "{n} days", late),
    )
