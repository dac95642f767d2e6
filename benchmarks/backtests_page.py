"""docs/backtests.md, made from the lines that `benchmarks.backtests` prints: no figure in it is typed by hand."""

from __future__ import annotations

from itertools import groupby
from typing import Any

COMMAND = "python -m benchmarks.backtests --write docs/backtests.md"
GUESSES = {"average": "*average rate*", "own": "*own rate*"}
Line = dict[str, Any]

INTRODUCTION = f"""# What the forecasts missed by

Every forecast that Holdfast shows was also made for the past of two public shops and held against what then happened.
At each split a model sees the orders up to that day and nothing later. It is asked what the customers known by then will
buy in the days that follow: how many purchases (a purchase is all orders of one customer on one day), and for how much.

Beside each model stand two guesses that need none: *average rate* (all customers go on buying at the average
rate of the past) and *own rate* (each customer goes on at the rate of their own past), and lifetimes' fit of the same
model to the same histories.

How to read the tables:

- **Error** is forecast over what came, less 1. **Interval** holds 90% by what the parameters leave open and by chance. **Wide**
  is the interval that the pages show: it adds the model's own error as forecasts from still earlier days had
  measured it; a dash means that the shop was too young for that. An interval that missed what came is in **bold**.
- **A customer** is the mean absolute error of single customers' purchases. Most customers buy nothing in the days that
  follow, and this figure rewards whoever says nought: a total can be far off and this one small.
- **A week** is the mean absolute error of a week's purchases, over the mean week.
- **Covered** is the share of single customers whose purchases lay in their own 90% interval. Counts are whole numbers, so it
  should be 90% or more.
- **lifetimes** is the error of lifetimes' forecast; a dash means that it gave none, and why is said below the table.

Made by `{COMMAND}`; run it again after any change to the models.
"""


def page(lines: list[Line]) -> str:
    """The whole document. A shop that was skipped is left out with the sentence that says so."""
    parts = [INTRODUCTION]
    for data, found in groupby(lines, key=lambda line: line["data"]):
        rows = list(found)
        if "skipped" in rows[0]:
            parts.append(f"## {data}\n\nLeft out when this was made: {rows[0]['skipped']}\n")
        else:
            parts.append(
                "\n\n".join([f"## {data}", _summary(rows), _table(rows), _failures(rows)]).strip() + "\n"
            )
    return "\n".join(parts)


def _splits(rows: list[Line]) -> list[list[Line]]:
    return [list(found) for _, found in groupby(rows, key=lambda row: (row["origin"], row["days"]))]


def _models(rows: list[Line]) -> list[Line]:
    return [row for row in rows if row["model"] not in GUESSES]


def _held(row: Line, which: str, money: str = "") -> bool:
    return bool(row[f"{money}{which}low"] <= row[f"{money}came"] <= row[f"{money}{which}high"])


FIGURES = {
    "error": "The number of purchases",
    "money_error": "Money",
    "weekly_error": "Single weeks",
    "each_error": "Single customers",
}
NAMES = {"average": "the average rate", "own": "the own rate"}


def _summary(rows: list[Line]) -> str:
    """Who came nearer and what the intervals held, counted."""
    splits, models = _splits(rows), _models(rows)
    n, wide = len(models), [row for row in models if row["wide_low"] is not None]
    errors = [row["error"] for row in models]
    spread = max(
        max(row["error"] for row in _models(split)) - min(row["error"] for row in _models(split))
        for split in splits
    )
    apart = f"by {100 * spread:.1f} points at most" if spread >= 0.0005 else "by less than 0.1 points"
    counted = [
        f"{len(splits)} splits and {n // len(splits)} models make {n} forecasts. Their errors in the number of purchases run from "
        f"{_percent(min(errors))} to {_percent(max(errors))}; at one split the models differ {apart}.",
        *(f"{title}: {_verdict(splits, figure)}" for figure, title in FIGURES.items()),
        f"What came lay in the interval of parameters and chance in {sum(_held(r, '') for r in models)} of {n}, and in the "
        f"wide one in {sum(_held(r, 'wide_') for r in wide)} of {len(wide)}; of money, in "
        f"{sum(_held(r, '', 'money_') for r in models)} of {n} and {sum(_held(r, 'wide_', 'money_') for r in wide)} of {len(wide)}.",
    ]
    return "\n".join(f"- {sentence}" for sentence in counted)


def _verdict(splits: list[list[Line]], figure: str) -> str:
    """In how many forecasts the model was nearer than each guess, and what follows from it."""
    won, n = dict.fromkeys(GUESSES, 0), 0
    for split in splits:
        models = _models(split)
        n += len(models)
        for guess in GUESSES:
            theirs = next(abs(row[figure]) for row in split if row["model"] == guess)
            won[guess] += sum(abs(row[figure]) < theirs for row in models)
    nearer = ", ".join(f"{won[guess]} of {n} nearer than {name}" for guess, name in NAMES.items())
    as_good = [name for guess, name in NAMES.items() if won[guess] <= n / 2]
    if as_good:
        return f"{nearer}. **Here {' and '.join(as_good)} did as well or better.**"
    return f"{nearer}. " + ("The models won." if min(won.values()) == n else "The models mostly won.")


def _table(rows: list[Line]) -> str:
    currency = rows[0]["currency"]
    head = (
        "Fitted to | Days ahead | Forecast by | Purchases | Error | Interval | Wide | lifetimes | "
        f"{currency} | Error | A customer | A week | Covered"
    )
    align = "--- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---:"
    out = [head, align]
    for split in _splits(rows):
        first = split[0]
        out.append(
            f"{first['origin']} | {first['days']} | what came | **{first['came']:,.0f}** | | | | | "
            f"**{first['money_came']:,.0f}** | | | |"
        )
        out += [_row(row) for row in split]
    return "\n".join(f"| {line} |" for line in out)


def _row(row: Line) -> str:
    model = row["model"] not in GUESSES
    cells = [
        "",
        "",
        row["title"] if model else GUESSES[row["model"]],
        f"{row['forecast']:,.0f}",
        _percent(row["error"]),
        _ends(row, "") if model else "",
        _ends(row, "wide_") if model else "",
        _percent(row["lifetimes_error"]) if model else "",
        f"{row['money_forecast']:,.0f}",
        _percent(row["money_error"]),
        f"{row['each_error']:.3f}",
        f"{row['weekly_error']:.1%}",
        f"{row['coverage']:.1%}" if model else "",
    ]
    return " | ".join(cells)


def _ends(row: Line, which: str) -> str:
    if row[f"{which}low"] is None:
        return "–"
    found = f"{row[f'{which}low']:,.0f} to {row[f'{which}high']:,.0f}"
    return found if _held(row, which) else f"**{found}**"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:+.1%}".replace("-", "−")


def _failures(rows: list[Line]) -> str:
    failed = [row for row in _models(rows) if "lifetimes_failed" in row]
    if not failed:
        return ""
    said = [f"- {r['title']}, {r['origin']}, {r['days']} days: {r['lifetimes_failed']}" for r in failed]
    return "\n".join(["Where lifetimes gave no forecast:", "", *said])
