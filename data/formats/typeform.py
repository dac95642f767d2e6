"""Typeform's export of responses: a column a question, in the words of the form."""

from data.formats.base import Format
from words import message

FORMATS = (
    Format(
        name="typeform",
        title=message("Typeform, responses"),
        table="surveys",
        signature=("#", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"),
        columns={"answered_at": "Submit Date (UTC)"},
        header_source="header rows of exports of 2018 (# ... Start Date, Submit Date, Network ID) and of 2023 and 2025 "
        "(with Response Type, Stage Date, Tags and Ending) in public repositories",
        notes=(
            message(
                "Which question is NPS, CSAT or CES, and its scale, is guessed from its words and answers."
            ),
            message("A response that was begun and not submitted has no time, and is set aside."),
            message("Hidden fields such as customer_id, order_id or email say whose the answer is."),
        ),
    ),
)
