"""The contact list: what contacting brings, customer by customer down the list."""

from __future__ import annotations

import pandas as pd

import words
from charts import theme as t
from charts.cohorts import band
from charts.figures import nice, writer
from charts.theme import Chart
from models.contact_profit import Profit
from words import text


def curve(found: Profit, theme: str, currency: str = "") -> Chart:
    """Profit by the number of customers contacted from the top, with its band; the best cut-off is marked."""
    p, write = t.palette(theme), writer("money", currency, 0)
    figure = t.figure(theme, height=340)
    figure.add_traces(band(found.customers, found.low, found.high, p.series[0], 0.2))
    figure.add_scatter(
        x=found.customers,
        y=found.mean,
        mode="lines",
        line={"color": p.series[0], "width": 2.5},
        hovertext=[
            text(
                "the first {n}: {value} ({low}–{high})",
                n=words.count(n),
                value=write(mean),
                low=write(low),
                high=write(high),
            )
            for n, mean, low, high in zip(found.customers, found.mean, found.low, found.high, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.add_hline(y=0, line={"color": p.muted, "width": 1})
    cut = found.cut
    if cut.known and cut.value > 0:
        figure.add_vrect(
            x0=cut.low, x1=cut.high, fillcolor=p.muted, opacity=0.12, line_width=0, layer="below"
        )
        figure.add_vline(x=cut.value, line={"color": p.ink, "width": 1.5, "dash": "dot"})
        late = cut.value > 0.6 * float(found.customers[-1])
        figure.add_annotation(
            x=cut.value,
            y=1,
            yref="paper",
            text=text("best: the first {n}", n=words.count(cut.value)),
            showarrow=False,
            xanchor="right" if late else "left",
            xshift=-6 if late else 6,
            font={"color": p.ink, "size": 12},
        )
    _axes(figure, found, currency)
    alt = (
        text(
            "Profit by the number of customers contacted from the top of the list: highest at {n} customers, {best}.",
            n=words.count(cut.value),
            best=words.estimate(found.best, currency, 0),
        )
        if cut.known
        else cut.why_missing
    )
    data = pd.DataFrame(
        {
            text("customers contacted"): found.customers,
            text("profit"): found.mean,
            text("from"): found.low,
            text("to"): found.high,
        }
    )
    return Chart(figure, alt, data)


def _axes(figure, found: Profit, currency: str) -> None:
    top, bottom = float(max(found.high.max(), 1)), float(min(found.low.min(), 0))
    step = nice(max(top, -bottom))[1]
    ticks = [step * k for k in range(int(bottom // step) + (bottom % step > 0), int(top // step) + 1)]
    figure.update_yaxes(
        title_text=text("profit of contacting"),
        tickvals=ticks,
        ticktext=[words.money(v, currency, 0 if step >= 1 else 2) for v in ticks],
    )
    places = [v for v in nice(float(found.customers[-1])) if v == int(v)]
    figure.update_xaxes(
        title_text=text("customers contacted, most at stake first"),
        tickvals=places,
        ticktext=[words.count(v) for v in places],
    )
