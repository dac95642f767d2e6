"""Delighted's survey responses, one answer a record."""

from data.formats.base import Format
from words import message

FORMATS = (
    Format(
        name="delighted",
        title=message("Delighted, survey responses"),
        table="surveys",
        signature=("survey_type", "score", "comment", "permalink", "created_at"),
        columns={
            "answered_at": "created_at",
            "kind": "survey_type",
            "score": "score",
            "comment": "comment",
            "email": "person_email",
        },
        absolute=("created_at",),
        scales={"NPS": "0-10", "CSAT": "1-5", "CES": "1-5"},
        verified=False,
        header_source="the names of the fields in the description of Delighted’s interface (SurveyResponse); no export "
        "was at hand",
        notes=(
            message(
                "Kinds of survey other than NPS, CSAT and CES, such as thumbs or smileys, are set aside."
            ),
        ),
    ),
)
