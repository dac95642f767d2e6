"""The reviews of the Olist data set: stars and a comment for an order."""

from data.formats.base import Format
from data.questions import Question
from words import message

FORMATS = (
    Format(
        name="olist_reviews",
        title=message("Olist, order reviews"),
        table="surveys",
        signature=(
            "review_id",
            "order_id",
            "review_score",
            "review_comment_title",
            "review_comment_message",
            "review_creation_date",
            "review_answer_timestamp",
        ),
        columns={"answered_at": "review_answer_timestamp", "order_id": "order_id"},
        questions=(Question("review_score", "CSAT", "1-5", ("review_comment_message",)),),
        header_source="the published file itself (Brazilian E-Commerce Public Dataset by Olist)",
        notes=(message("Stars are CSAT on a scale from 1 to 5. Titles of comments are left out."),),
    ),
)
