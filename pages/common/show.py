"""How a page shows what a model answered: header, figures, charts, tables. No arithmetic lives here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

import navigation
import words
import workspace
from models.definitions import Definitions
from models.estimate import Estimate
from pages.common import download
from words import text

if TYPE_CHECKING:
    from charts.theme import Chart


PENDING = "pending"
"""The method of an estimate whose job still runs."""


def theme() -> str:
    """ "light" or "dark", as the reader's browser shows it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def date_order() -> str:
    """How the reader is used to typing a day, such as DD/MM/YYYY."""
    return words.date_order(st.context.locale)


def full() -> bool:
    """Whether the reader asked to see every definition, setting and diagnostic."""
    return st.session_state.get("view", "plain") == "full"


def plain(words_of_someone: str) -> str:
    """Text from a file or a person, so that Markdown shows it as it is written."""
    escaped = words_of_someone.replace("\\", "\\\\")
    for mark in "`*_{}[]()#+-.!|~$<>:":
        escaped = escaped.replace(mark, "\\" + mark)
    return escaped


def prose(sentence: str) -> str:
    """A sentence of ours for Markdown: a dollar sign is an amount, not the start of a formula."""
    return sentence.replace("$", r"\$").replace("~", r"\~")


def guard(address: str) -> navigation.Page:
    """What every page calls first: stops where nobody is signed in or the page's tables are missing."""
    page = navigation.page(address)
    if not signed_in():
        st.warning(text("Please sign in to see this page."))
        st.stop()
    kept = workspace.snapshot()
    missing = [table for table in page.needs if kept is None or table not in kept.tables]
    if missing:
        st.title(text(page.title))
        st.subheader(prose(text(page.promise)))
        st.info(prose(text(page.upload)), icon=":material/upload_file:")
        st.page_link(navigation.page("data").path, label=text("Go to Data"), icon=":material/database:")
        st.stop()
    return page


def signed_in() -> bool:
    """Whether this viewer may see the shop: always on one's own machine, after sign-in where [auth] is set."""
    return not needs_sign_in() or bool(st.user.get("is_logged_in"))


def needs_sign_in() -> bool:
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def header(title: str, sentence: str, *notes: str, view: Definitions | None = None) -> None:
    """The page's question, its answer as a sentence, and the definitions the answer was computed under: `view` where the
    page itself changed some, else this viewer's."""
    chosen = view or workspace.definitions()
    st.title(title, anchor=False)
    st.markdown(f"### {prose(sentence)}")
    kept = workspace.snapshot()
    made_up = (
        [text(":material/science: **made up, not real orders**")]
        if kept is not None and kept.synthetic
        else []
    )
    st.caption(prose(" · ".join([*made_up, *_provenance(chosen), *notes])))
    _name_older_snapshot()
    changed = chosen.departures(workspace.saved_definitions())
    if changed:
        names = words.listing(sorted(_choice_name(name) for name in changed))
        st.caption(prose(text("This view departs from the shop’s saved definitions: {names}.", names=names)))


def _name_older_snapshot() -> None:
    """Whoever looks at an older snapshot is told so on every page, and how to come back."""
    kept, shown = workspace.kept_snapshots(), workspace.snapshot()
    if shown is None or shown == kept[0]:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            text(
                ":material/history: **You look at the orders as of {then}**, when they were kept. There are newer ones, of {now}.",
                then=words.moment(shown.kept_at),
                now=words.moment(kept[0].kept_at),
            ),
            width="content",
        )
        st.button(text("Show the newest"), key="header.newest", type="tertiary", on_click=_back_to_newest)


def _back_to_newest() -> None:
    st.session_state.pop("snapshot", None)


def _choice_name(name: str) -> str:
    """What a person calls the choice that `Definitions` names so."""
    known = {
        "identity": text("who counts as one customer"),
        "revenue": text("how revenue is counted"),
        "margin": text("the margin"),
        "refunds": text("what refunds do"),
        "include_cancelled": text("whether cancelled orders count"),
        "include_test": text("whether test orders count"),
        "include_unpaid": text("whether unpaid orders count"),
        "include_zero_value": text("whether orders of zero value count"),
        "include_gone": text("whether orders gone from newer exports count"),
        "observed_from": text("the first day seen"),
        "observed_until": text("the last day seen"),
        "at_risk_days": text("how long somebody stays a customer"),
        "churn_horizon_days": text("how long a silence counts as leaving"),
        "ltv_horizon_months": text("the value horizon"),
        "discount_rate": text("the discount rate"),
        "level": text("what intervals cover"),
    }
    return known.get(name, name)


def _provenance(chosen: Definitions) -> list[str]:
    current, kept = workspace.data_set(), workspace.snapshot()
    if current is None or kept is None:
        return []
    said = [current.name, words.plural("{n} customer", "{n} customers", kept.customers)]
    first, last = chosen.observed_from or kept.first_day, chosen.observed_until or kept.last_day
    if first and last:
        said.append(words.span(first, last))
    return [*said, *described(chosen)]


def described(chosen: Definitions) -> list[str]:
    """The choices every figure depends on, in a few words each."""
    revenue = {"gross": text("gross sales"), "net": text("net sales"), "margin": text("margin")}[
        chosen.revenue
    ]
    if chosen.refunds == "subtract":
        revenue = text("{revenue} less refunds", revenue=revenue)
    return [revenue, text("{level} intervals", level=words.percent(chosen.level, 0))]


def figures(cards: Sequence[tuple[str, Estimate, Sequence[float] | None, str]], currency: str = "") -> None:
    """A row of bordered figures, each (label under 28 characters, estimate, trend, what it means)."""
    with st.container(horizontal=True, gap="small", key=f"figures-{len(cards)}"):
        for label, estimate, trend, meaning in cards:
            figure_card(label, estimate, trend, meaning, currency)


def figure_card(
    label: str, e: Estimate, trend: Sequence[float] | None, meaning: str, currency: str = ""
) -> None:
    """One figure with its interval under it; where it cannot be known, a dash and the reason."""
    hint = meaning if e.known else f"{meaning} {e.why_missing}".strip()
    st.metric(
        label,
        words.value(e, currency).replace("$", r"\$"),
        words.interval(e, currency).replace("$", r"\$")
        if e.known
        else text("being worked out")
        if e.method == PENDING
        else text("not known yet"),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=prose(hint) or None,
        chart_data=list(trend) if trend is not None and len(trend) > 1 else None,
        chart_type="line",
    )


def chart(drawn: Chart, key: str, height: int | None = None) -> None:
    """A figure with its alternative text, and its data one click away."""
    if height:
        drawn.figure.update_layout(height=height)
    # static/style.css knows crowded charts by this key.
    with st.container(key=f"crowded-{key}" if drawn.crowded else None):
        st.plotly_chart(
            drawn.figure,
            theme=None,
            key=key,
            alt=drawn.alt,
            config={"displaylogo": False, "displayModeBar": False, "responsive": True},
        )
    download.button(drawn.data, key)


def table(frame: pd.DataFrame, key: str, **how) -> None:
    """A table of small results, with its download."""
    st.dataframe(frame, hide_index=True, key=f"{key}.table", **how)
    download.button(frame, key)


def right(frame: pd.DataFrame, first: int = 1) -> dict[str, Any]:
    """For `column_config`: columns of figures stand to the right, those of words (the `first` ones) to the left."""
    return {name: st.column_config.TextColumn(alignment="right") for name in frame.columns[first:]}
