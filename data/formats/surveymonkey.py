"""SurveyMonkey's export of individual responses: two header rows, put together while the file is opened."""

from data.formats.base import Format
from words import message

FORMATS = (
    Format(
        name="surveymonkey",
        title=message("SurveyMonkey, individual responses"),
        table="surveys",
        signature=("Respondent ID", "Collector ID", "Start Date", "End Date"),
        columns={"answered_at": "End Date", "email": "Email Address"},
        header_source="first header row of exports of 2020 and 2022 quoted in public repositories; the second one of a "
        "published export (FiveThirtyEight, Star Wars survey, 2014)",
        notes=(
            message(
                "The second header row is part of the first: “Question: answer row” where a question has several."
            ),
            message("Custom Data is taken for a customer number only where you say so."),
        ),
    ),
)
