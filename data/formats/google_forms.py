"""The sheet or CSV of responses that Google Forms makes: the time first, then a column a question."""

from __future__ import annotations

from collections.abc import Sequence

from data.formats.base import Format, plain
from data.mapping import Mapping
from data.question_guessing import is_survey, kind_of
from words import message

TIMES = ("timestamp", "zeitstempel", "marca temporal", "marca de tiempo", "horodateur", "carimbo de data/hora",
         "informazioni cronologiche", "отметка времени", "позначка часу", "sygnatura czasowa")  # fmt: skip


class GoogleForms(Format):
    """Known by its first column and by a question further on: nothing else is always there."""

    def sureness(self, header: Sequence[str], rows: Sequence[dict[str, str | None]] = ()) -> float:
        if not header or plain(header[0]) not in TIMES or not is_survey(header, rows):
            return 0.0
        return 1.0 if any(kind_of(h, ()) for h in header[1:]) else 0.0

    def mapping(self, header: Sequence[str]) -> Mapping:
        found = super().mapping(header)
        return found.but(columns=found.columns | {"answered_at": header[0]})


FORMATS = (
    GoogleForms(
        name="google_forms",
        title=message("Google Forms, responses"),
        table="surveys",
        signature=("Timestamp", "Email Address", "How likely are you to recommend us to a friend?"),
        columns={"answered_at": "Timestamp", "email": "Email Address"},
        header_source="header rows of response sheets of 2022 to 2026 quoted in public repositories (Timestamp, Email "
        "Address, then the questions); the first column’s name in other languages is from descriptions",
        notes=(
            message(
                "Which question is NPS, CSAT or CES, and its scale, is guessed from its words and answers."
            ),
            message("Times are those of the form’s own clock; choose its time zone if it is another one."),
        ),
    ),
)
