"""Drawing a list with a hold-out group, and what it showed, in sentences."""

from __future__ import annotations

import words
from models.contact_profit import Profit
from models.hold_out import Proposal, ReadOut, TooEarly, enough_a_group, false_alarms
from pages.common.definitions_form import identities
from words import plural, text


def none_pays(found: Profit) -> str:
    """Why nobody is proposed to be drawn."""
    if found.cut.known and found.cut.value:
        return text(
            "Nobody is proposed: whoever can be drawn stands below the best cut-off, where contacting costs more than it is "
            "expected to bring."
        )
    return text(
        "Nobody is proposed: at these costs contacting anybody costs more than it is expected to bring. You can draw all the same."
    )


def beyond(customers: int) -> str:
    return plural(
        "The last {n} of them stands below the best cut-off: contacting costs more there than it is expected to bring.",
        "The last {n} of them stand below the best cut-off: contacting costs more there than it is expected to bring.",
        customers,
    )


def nobody_rests(lists: list[int]) -> str:
    """That lists drawn under another identity protect nobody."""
    return plural(
        "List {which} was drawn under another rule of who is one customer: whoever has another key now does not rest by it, and "
        "may be drawn again, held out or not.",
        "Lists {which} were drawn under another rule of who is one customer: whoever has another key now does not rest by them, "
        "and may be drawn again, held out or not.",
        len(lists),
        which=words.listing([str(n) for n in lists]),
    )


def other_identity(rule: str) -> str:
    return text(
        "This list was drawn under another rule of who is one customer ({rule}). Its export and its comparison follow that rule, "
        "not the one in force now.",
        rule=identities().get(rule, rule),
    )


def power(found: Proposal, customers: int, level: float) -> str:
    """What the hold-out group can show."""
    need = enough_a_group(found.base, found.effect, level=level)
    said = text(
        "{held} of {n} stay uncontacted. If contacting lifts the share who order from {base} to {with_contact}, the comparison "
        "shows it with a chance of {power}.",
        held=words.count(found.held),
        n=words.count(customers),
        base=words.percent(found.base),
        with_contact=words.percent(min(found.base + found.effect, 1.0)),
        power=words.percent(found.power, 0),
    )
    if found.power >= 0.8 or not need:
        return said
    return text(
        "{said} That is little: two groups of {need} would make it 80%.", said=said, need=words.count(need)
    )


def outcome(found: ReadOut) -> str:
    """What contacting did, in one sentence."""
    said = text(
        "{ordered} of the {n} contacted ordered between {first} and {last} ({rate}), {held_ordered} of the {held} held out "
        "({held_rate}).",
        ordered=words.count(found.contacted.ordered),
        n=words.count(found.contacted.customers),
        first=words.day(found.first),
        last=words.day(min(found.last, found.seen)),
        rate=words.percent(found.contacted.rate.value),
        held_ordered=words.count(found.held.ordered),
        held=words.count(found.held.customers),
        held_rate=words.percent(found.held.rate.value),
    )
    d = found.rate
    if d.low > 0:
        verdict = text("Contacting won orders: {d} more ordered.", d=words.estimate(d))
    elif d.high < 0:
        verdict = text("Contacting did harm: {d} fewer ordered, written as a minus.", d=words.estimate(d))
    else:
        verdict = text("The difference, {d}, is within noise: no effect is shown.", d=words.estimate(d))
    return f"{said} {verdict}"


def money(found: ReadOut, currency: str) -> str:
    if not found.revenue.known:
        return text("Revenue a customer cannot be compared: {why}", why=found.revenue.why_missing)
    return text(
        "Revenue a customer: {contacted} contacted, {held} held out; difference {d}.",
        contacted=words.estimate(found.contacted.revenue, currency),
        held=words.estimate(found.held.revenue, currency),
        d=words.estimate(found.revenue, currency),
    )


def early(looks: int, level: float) -> str:
    """A preliminary answer, and what looking again and again does to it."""
    return text(
        "Preliminary: the days are not over. Looked at {n} so far. Whoever looks five times and stops at the first difference "
        "sees one where there is none in {five} of cases, not in {one}: decide on the last day only.",
        n=plural("{n} time", "{n} times", looks),
        five=words.percent(false_alarms(5, level=level), 0),
        one=words.percent(1 - level, 0),
    )


def too_early(problem: TooEarly) -> str:
    return str(problem)
