"""Do the customers won in a month, a week or a quarter come back, and what do they bring?"""

from __future__ import annotations

import streamlit as st

import workspace
from charts import cohorts as drawing
from models import cohorts
from pages.coming_back import cohorts_sections as sections
from pages.common import controls, show
from words import text

show.guard("cohorts")
agreed = workspace.definitions()

top = st.container()
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    measure = controls.choice(
        text("Show"),
        {"retention": text("Retention"), "revenue": text("Revenue"), "purchases": text("Purchases")},
        "cohorts.show",
        "retention",
    )
    period = controls.choice(
        text("Won in the same"),
        {"week": text("Week"), "month": text("Month"), "quarter": text("Quarter")},
        "cohorts.period",
        agreed.period,
    )
    reading, clock = agreed.reading, agreed.clock
    if show.full():
        reading = controls.choice(
            text("Bought"),
            {"in": text("In it"), "in_or_after": text("In it or after"), "cumulative": text("Again by then")},
            "cohorts.reading",
            agreed.reading,
            help=text(
                "In it: bought in that period. In it or after: bought then or at any later time. "
                "Again by then: had bought a second time by the end of that period."
            ),
        )
        clock = controls.choice(
            text("Periods"),
            {"calendar": text("Calendar"), "rolling": text("Rolling")},
            "cohorts.clock",
            agreed.clock,
            help=text("Calendar months, or months counted from each customer’s own first day."),
        )
    split = controls.pick(text("Split by"), sections.splits(), "cohorts.split", "", width=220)

view = agreed.but(period=period, reading=reading, clock=clock)
table = workspace.ask(cohorts.cohort_table, view, measure=measure)
with top:
    show.header(text("Cohorts"), sections.answer(table), *sections.reading_notes(table))

if split:
    parts = workspace.ask(cohorts.cohort_table, view, measure=measure, split=split)
    sections.draw_split(parts, sections.splits()[split])
show.chart(drawing.heat_map(table, show.theme(), sections.currency()), "cohorts.map")

st.subheader(text("All cohorts together"), anchor=False)
through = sections.average_through(table) if show.full() else None
st.caption(sections.what_is_averaged(table, through))
show.chart(drawing.curves(table, show.theme(), sections.currency(), through=through), "cohorts.curves")

if show.full() and measure == "retention":
    sections.draw_readings(table)
sections.draw_retention_rate(view)
st.page_link(
    "pages/worth/lifetime_value.py",
    label=text("Next: what a new customer brings"),
    icon=":material/arrow_forward:",
)
