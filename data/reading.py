"""One record as SQL: its times, amounts, currency, flags, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from data import values
from data.layout import Layout, cell
from data.mapping import MappingProblem, Undecided
from data.survey import Survey
from data.times import EARLIEST, LATEST, TimeSql, decide_day_first, time_sql
from data.values import LIMIT, MONEY, any_of, decide_decimal, literal
from shop import Flag
from words import text

TEXTS = ("order_id", "customer_id", "email", "name", "discount_code", "channel", "country", "status", "product",
         "sku", "category")  # fmt: skip
SIDE_MONEY = ("gross", "discount", "shipping", "tax", "refunded")


@dataclass(frozen=True)
class Reading:
    """How every cell of a file is read, decided over its whole columns. Raises Undecided, MappingProblem."""

    layout: Layout
    survey: Survey

    # Currency

    @cached_property
    def settled(self) -> bool:
        """Whether the amounts as settled by the payment provider are used."""
        return self.layout.mapping.settled and self.layout.has("settled_amount") and bool(self.survey.settled)

    @cached_property
    def currency(self) -> str:
        """The one currency of all amounts that are kept; "" where none is known."""
        mapping = self.layout.mapping
        found = self.survey.settled if self.settled else self.survey.currencies
        if mapping.currency:
            return mapping.currency.upper()
        if len(found) > 1:
            options = [*found, "rates"]
            if not self.settled and self.survey.settled and self.layout.has("settled_amount"):
                options.insert(0, "settled")
            raise Undecided(
                "currency",
                text(
                    "{file} has amounts in {n} currencies ({codes}), which are never added. Choose one of them (the "
                    "others are set aside), give exchange rates, or use the settled amounts where the file has them.",
                    file=self.layout.staged.name, n=len(found), codes=", ".join(list(found)[:10]),
                ),
                tuple(options),
            )  # fmt: skip
        return next(iter(found), "")

    @cached_property
    def currency_sql(self) -> str:
        """The currency a record's amount is in: a constant where the file has one at most."""
        found = self.survey.settled if self.settled else self.survey.currencies
        paid_in = f"nullif(upper(trim({cell('currency')})), '')"
        if self.settled:
            settled_in = f"nullif(upper(trim({cell('settled_currency')})), '')"
            settled_in = literal(next(iter(found))) if len(found) == 1 else settled_in
            unsettled = self.unsettled_sql
            return f"CASE WHEN {unsettled} THEN {paid_in} ELSE {settled_in} END" if unsettled else settled_in
        if len(found) <= 1:
            return literal(next(iter(found), self.currency))
        if self.survey.by_symbol:
            return f"hf_symbol({cell(self.layout.mapping.amount or 'amount')})"
        return paid_in

    @cached_property
    def unsettled_sql(self) -> str | None:
        """When a payment was never settled (it failed, say): then it is what was asked for, in that currency."""
        if not (self.settled and self.layout.mapping.amount and self.layout.has("currency")):
            return None
        return f"({cell('settled_amount')} IS NULL)"

    @cached_property
    def rate_sql(self) -> str | None:
        """What one unit is worth in the shop's currency; NULL where nobody said; None where none is needed."""
        rates = self.layout.mapping.rates
        found = self.survey.settled if self.settled else self.survey.currencies
        if not rates or not found or set(found) == {self.currency}:
            return None
        cases = "".join(f" WHEN {literal(c.upper())} THEN {_rate(r)}" for c, r in sorted(rates.items()))
        return f"CASE {self.currency_sql} WHEN {literal(self.currency)} THEN 1{cases} END"

    # Numbers

    def _point(self, column: str) -> bool:
        facts = self.survey.numbers
        return decide_decimal(
            self.layout.header(column),
            facts[column],
            list(facts.values()),
            told=self.layout.mapping.decimal,
            typed=self.layout.staged.kind != "csv",
        )

    @cached_property
    def number_sql(self) -> dict[str, str]:
        """Column -> SQL of its number, NULL where it cannot be read."""
        return {
            c: values.amount(cell(c), self.survey.numbers[c], self._point(c)) for c in self.layout.numbers
        }

    @cached_property
    def amount_parts(self) -> tuple[str, ...]:
        """The columns that the amount is made of, the one that must hold a value first."""
        has = self.layout.has
        if self.settled:
            return ("settled_amount",)
        if self.layout.mapping.table == "spend":
            return ("amount",)
        kind = self.layout.mapping.amount
        if kind is None or not has(kind):
            raise MappingProblem(
                text("No column is mapped to the amount of an order. Choose the column that holds it.")
            )
        more = {"total": ("shipping", "tax", "fees"), "gross": ("discount",), "price": ("quantity",)}.get(
            kind, ()
        )
        return (kind, *(c for c in more if has(c)))

    @cached_property
    def net_sql(self) -> str:
        """The amount of a record: goods after discounts where the file tells them apart."""
        first, *more = self.amount_parts
        n = self._n
        if self.unsettled_sql:
            return f"CASE WHEN {self.unsettled_sql} THEN {n(self.layout.mapping.amount or '')} ELSE {n(first)} END"
        if first == "price" and more:
            # DuckDB multiplies two narrow decimals in 64 bits, which two large cells run over.
            return f"try_cast(CAST({n('price')} AS DECIMAL(20,4)) * {n('quantity')} AS {MONEY})"
        if first == "gross" and more:
            return f"{n('gross')} - coalesce(abs({n('discount')}), 0)"
        return " - ".join([n(first), *(f"coalesce({n(c)}, 0)" for c in more)])

    @staticmethod
    def _n(column: str) -> str:
        return f"n_{column}"

    # Times

    @cached_property
    def time_sql(self) -> dict[str, TimeSql]:
        return {
            c: time_sql(
                cell(c),
                self.survey.times[c],
                decide_day_first(
                    self.layout.header(c), self.survey.times[c], told=self.layout.mapping.day_first
                ),
                self._head(c),
                utc=self.layout.is_utc(c),
            )
            for c in self.layout.times
        }

    def _head(self, column: str) -> list[str | None]:
        headers = self.layout.columns[column]
        return [" ".join(filter(None, (row.get(h) for h in headers))) for row in self.layout.staged.head]

    def utc(self, column: str) -> str:
        """SQL of the moment in UTC, from the columns w_ and m_ that `record_sql` makes."""
        return self._either(column, "UTC")

    def local(self, column: str) -> str:
        """SQL of the shop's own clock at that moment."""
        return self._either(column, self.layout.zone)

    def _either(self, column: str, zone: str) -> str:
        sql, shop = self.time_sql[column], self.layout.zone
        parts = []
        if sql.moment != "NULL":
            parts.append(f"timezone({literal(zone)}, m_{column})")
        if sql.wall != "NULL":
            same = zone == shop
            wall = f"w_{column}"
            parts.append(wall if same else f"timezone({literal(zone)}, timezone({literal(shop)}, {wall}))")
        return f"coalesce({', '.join(parts)})" if len(parts) > 1 else (parts or ["NULL::TIMESTAMP"])[0]

    # Flags

    def flag_sql(self, flag: Flag, *, full: bool | None = None) -> str | None:
        """When the format's rules mark a record with `flag`; None where none does in this file."""
        tests = []
        for rule, at in self.layout.rules:
            if rule.flag is not flag or (full is not None and rule.full != full):
                continue
            if rule.words and rule.listed:
                parts = f"list_transform(string_split(lower({at}), ','), lambda part: trim(part))"
                tests.append(
                    f"coalesce(list_has_any({parts}, [{', '.join(map(literal, rule.words))}]), false)"
                )
            elif rule.words:
                said = self.survey.said.get(at)
                words = [w for w in rule.words if said is None or w in said]
                tests += [f"lower(trim({at})) IN {any_of(words)}"] if words else []
            elif rule.starts:
                tests.append(f"starts_with({at}, {literal(rule.starts)})")
            elif rule.present:
                tests.append(f"{at} IS NOT NULL")
        return " OR ".join(tests) or None


def _rate(rate: str | float) -> str:
    try:
        worth = Decimal(str(rate).strip())
    except InvalidOperation as fault:
        raise MappingProblem(
            text("The exchange rate {rate} is not a number. Write it as 1.08.", rate=rate)
        ) from fault
    if not worth.is_finite() or not 0 < worth < 10**9:
        raise MappingProblem(
            text("The exchange rate {rate} is no price: one above 0 was expected.", rate=rate)
        )
    return f"CAST('{worth:f}' AS DECIMAL(20,8))"


def problems(reading: Reading, column: str = "ordered_at", *, money: bool = True) -> dict[str, str]:
    """SQL of what is wrong with a record: its code or NULL, for "time", "amount" and "currency".

    `column` is the one that has to hold a time; its moment is `utc`. Without `money` the time is all.
    """
    time = cell(column)
    found = {
        "time": f"""CASE WHEN utc IS NULL THEN
            CASE WHEN {time} IS NULL OR hf_blank({time}) THEN 'no_time' ELSE 'bad_time' END
            WHEN utc < {EARLIEST} OR utc > {LATEST} THEN 'time_out_of_range' END"""
    }
    if not money:
        return found
    found["amount"] = _amount_problem(reading)
    codes = reading.survey.settled if reading.settled else reading.survey.currencies
    if reading.rate_sql is not None:
        found["currency"] = (
            f"CASE WHEN {reading.currency_sql} IS NULL THEN 'no_currency' WHEN rate IS NULL THEN 'other_currency' END"
        )
    elif codes and (set(codes) != {reading.currency} or reading.unsettled_sql):
        sql = reading.currency_sql
        found["currency"] = (
            f"CASE WHEN {sql} IS NULL THEN 'no_currency' WHEN {sql} <> {literal(reading.currency)} THEN 'other_currency' END"
        )
    return found


def _amount_problem(reading: Reading) -> str:
    """Of the cells that make up the amount, the first that is at fault decides what the fault is."""
    first, *more = reading.amount_parts
    at = cell(first)
    if reading.unsettled_sql:
        at = f"coalesce({at}, {cell(reading.layout.mapping.amount or '')})"

    def blank(x: str) -> str:
        return f"{x} IS NULL OR hf_blank({x})"

    def fault(x: str) -> str:
        return f"CASE WHEN hf_off_scale({x}) THEN 'amount_out_of_range' ELSE 'bad_amount' END"

    unread = "".join(f" WHEN n_{c} IS NULL AND NOT ({blank(cell(c))}) THEN {fault(cell(c))}" for c in more)
    needed = f"{blank(at)} OR {blank(cell('quantity'))}" if first == "price" and more else blank(at)
    turned = f" AND coalesce(abs(net * rate) < {LIMIT}, true)" if reading.rate_sql else ""
    return f"""CASE WHEN net IS NOT NULL AND abs(net) < {LIMIT}{turned} THEN CASE WHEN false THEN '' {unread} END
        WHEN {needed} THEN 'no_amount'
        WHEN net IS NOT NULL THEN 'amount_out_of_range'
        WHEN n_{first} IS NOT NULL THEN CASE WHEN false THEN '' {unread} ELSE 'amount_out_of_range' END
        ELSE {fault(at)} END"""
