"""Those to be contacted, in the columns that mailing programs import. Headers are theirs, and not translated.

Klaviyo: the first column is "Email", further columns become properties of a profile (help.klaviyo.com, "How to create
and add subscribers to a new list"). Mailchimp: "Email Address" is required, "Tags" are separated by commas
(mailchimp.com, "Format guidelines for your import file").
"""

from __future__ import annotations

import re
from typing import Literal

import pandas as pd

Program = Literal["klaviyo", "mailchimp", "plain"]
_ADDRESS = re.compile(r"^[^@\s,;<>\"']([^@\s,;<>\"]*)@[^@\s,;<>\"']+\.[^@\s,;<>\"']+$")
_FORMULA = re.compile(r"^[=+-]")


def reachable(people: pd.DataFrame) -> pd.Series:
    """Which rows have an e-mail that can be one and can stand in a file; programs refuse a file for one that cannot."""
    return _valid(people) & ~like_formulas(people)


def like_formulas(people: pd.DataFrame) -> pd.Series:
    """Which rows have a valid e-mail that a spreadsheet would run as a formula. Made harmless it is another address, where
    mail bounces or reaches somebody else: it is left out instead."""
    return _valid(people) & people.email.map(lambda address: bool(_FORMULA.match(address))).astype(bool)


def _valid(people: pd.DataFrame) -> pd.Series:
    return people.email.map(lambda address: bool(_ADDRESS.match(address))).astype(bool)


def export(people: pd.DataFrame, program: Program) -> pd.DataFrame:
    """A file for one program, of customers to be contacted.

    `people` has columns customer, email, first_name, last_name, reason, stage, step and stake. Rows without an e-mail
    stay out of what a mailing program reads, and each address stands there once; "plain" has everybody by key.
    """
    if program == "plain":
        return people[
            ["customer", "email", "first_name", "last_name", "reason", "stage", "step", "stake"]
        ].copy()
    rows = people[reachable(people)]
    rows = rows[~rows.email.str.lower().duplicated()]
    if program == "klaviyo":
        return pd.DataFrame(
            {
                "Email": rows.email,
                "First Name": rows.first_name,
                "Last Name": rows.last_name,
                "Holdfast Customer": rows.customer,
                "Holdfast Reason": rows.reason,
                "Holdfast Stage": rows.stage,
                "Holdfast Step": rows.step,
            }
        ).reset_index(drop=True)
    tags = [
        f"holdfast {reason},holdfast {stage},holdfast {step}"
        for reason, stage, step in zip(rows.reason, rows.stage, rows.step, strict=True)
    ]
    return pd.DataFrame(
        {
            "Email Address": rows.email,
            "First Name": rows.first_name,
            "Last Name": rows.last_name,
            "Tags": tags,
        }
    ).reset_index(drop=True)
