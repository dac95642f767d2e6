"""How the columns of one file become the columns of `data/tables.py`: recognised, guessed, or chosen by a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from data.questions import Question
from words import text

Headers = str | tuple[str, ...]

JOINED = ("ordered_at", "name", "answered_at")
"""Several headers for one of these are put together with a space (Date + Time, First + Last name); for every
other column the first header that holds something counts (shipping country, else billing country)."""

EXTRA_COLUMNS = (
    "total",
    "fees",
    "price",
    "quantity",
    "product",
    "sku",
    "category",
    "settled_amount",
    "settled_refunded",
    "settled_currency",
)
"""What a mapping of orders may name beside the columns of `orders`. `total` is what was paid with tax and
shipping (net = total - shipping - tax - fees); without any amount, net = price x quantity."""

AMOUNTS = ("net", "total", "gross", "price")
"""One of these has to be mapped, and the first that is decides what the amount of a record is."""


class MappingProblem(ValueError):
    """A mapping that does not fit the file. str() is a sentence for a person."""


class Undecided(ValueError):
    """A question that the whole column leaves open, so that a person has to answer it.

    `question` is "day_first", "decimal", "currency" or "append"; `options` are the answers that can be put
    into the mapping (for "append": into the call); str() is the sentence that asks.
    """

    def __init__(self, question: str, sentence: str, options: tuple[Any, ...] = ()) -> None:
        super().__init__(sentence)
        self.question = question
        self.options = options


@dataclass(frozen=True)
class Mapping:
    """Everything that decides how a file is read; part of the fingerprint of what is kept.

    `columns`: column of `data/tables.py` (or of EXTRA_COLUMNS) -> header or headers in the file.
    `lines`: several records make up one order. `order_amounts`: then money stands on the order's first record
    and belongs to the whole order; otherwise every record has an amount of its own, and they add up.
    `day_first`, `decimal`: answers to what a column leaves open; None lets the column decide.
    `zone`: the shop's IANA zone, in which times without one are read; None leaves it to the caller. `currency`: the currency of a file that
    names none, or the one to keep of several; others are set aside unless `rates` (currency -> how much one
    unit is worth in `currency`) turns them over. `settled`: use the amounts as settled by the payment
    provider. `guests`: what a customer's cell says when there is no customer. `keep`: the unmapped headers
    to keep as possible splits; None picks them by their values. `questions`: of a survey file, the columns that are
    questions; without any, its column `score` holds the answers, one a record.
    """

    format: str = "generic"
    table: str = "orders"
    columns: dict[str, Headers] = field(default_factory=dict)
    lines: bool = False
    order_amounts: bool = False
    day_first: bool | None = None
    decimal: str | None = None
    zone: str | None = None
    currency: str | None = None
    settled: bool = False
    rates: dict[str, str] = field(default_factory=dict)
    guests: tuple[str, ...] = ()
    keep: tuple[str, ...] | None = None
    questions: tuple[Question, ...] = ()

    def but(self, **changes: Any) -> Mapping:
        return replace(self, **changes)

    def headers(self, column: str) -> tuple[str, ...]:
        """The headers mapped to a column, () where none is."""
        found = self.columns.get(column, ())
        return (found,) if isinstance(found, str) else tuple(found)

    def all_headers(self) -> Iterator[str]:
        for column in self.columns:
            yield from self.headers(column)
        for question in self.questions:
            yield from (question.header, *question.comment)

    @property
    def amount(self) -> str | None:
        """Which of AMOUNTS the money of a record comes from."""
        return next((a for a in AMOUNTS if self.headers(a)), None)

    @property
    def numbered(self) -> bool:
        """Whether orders have numbers of their own."""
        return bool(self.headers("order_id"))

    def to_json(self) -> str:
        # Mappings without questions read as they always did, so that a file is known again as the same.
        said = {key: value for key, value in asdict(self).items() if key != "questions" or value}
        return json.dumps(said, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, written: str) -> Mapping:
        return cls.from_dict(json.loads(written))

    @classmethod
    def from_dict(cls, raw: AnyMapping[str, Any]) -> Mapping:
        """Read back what `to_json` wrote. Raises MappingProblem for choices this version does not know."""
        unknown = set(raw) - {f.name for f in fields(cls)}
        if unknown:
            raise MappingProblem(
                text(
                    "The mapping holds choices this version does not know: {names}.",
                    names=", ".join(sorted(unknown)),
                )
            )
        values = dict(raw)
        values["columns"] = {
            column: headers if isinstance(headers, str) else tuple(headers)
            for column, headers in dict(raw.get("columns", {})).items()
        }
        for name in ("guests", "keep"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        asked = values.get("questions") or ()
        values["questions"] = tuple(q if isinstance(q, Question) else Question.from_dict(q) for q in asked)
        return cls(**values)
