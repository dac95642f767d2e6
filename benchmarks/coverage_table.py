"""The page that `benchmarks.coverage` writes from its lines: docs/coverage.md."""

from __future__ import annotations

from typing import Any

Lines = list[dict[str, Any]]

TITLES = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD"}
ABOUT = """# How often our intervals hold what they should

Written by `python -m benchmarks.coverage --lines FILE --write docs/coverage.md`; not edited by hand. All intervals are nominal
90%. Simulated shops with known parameters, two years of days; the forecasts reach half a year (182 days) ahead. A cell in
**bold** misses its target.
"""
PLAIN = """## Where the model is true, without the model's own error

{shops}

Shops are fitted after three quarters of the two years and held against the last one. Target: no cell whose 99% binomial interval lies
outside 85 to 95%; single customers at least 88%. `cdnow`: as fitted to CDNOW. `regulars`: a purchase every two months, few leave.
`fickle`: half leave within a few purchases. *p, q, v* are Gamma-Gamma's. *Weak*: the share of shops that do not determine all parameters,
where the weak prior is applied. *Counts* and *values*: of single customers, a mean over shops, and behind the stroke of those who had
come back; counts are whole, and nothing at all is often an end of the interval, so both hold more than they must.
"""
ROLLING = """## With the model's own error, also in shops that no model here describes

BG/NBD with Gamma-Gamma, whole days. *Bare*: parameters and chance alone. *With origins*: as every page shows it, widened by the
error that three rolling origins measured in the shop's own two years. *Half-width*: the median half of the interval of the second, in
the logarithm. *Missed by*: the root of the mean squared log error. Season: a yearly wave of +-30% on all rates, its high day anywhere
in the year. Shocks: all rates move together by a standard deviation of 20%, with a memory of ten weeks. Target: at least 88% over all,
no cell below 85%.
"""


def page(lines: Lines) -> str:
    """The whole page in Markdown."""
    plain = [line for line in lines if line["name"].startswith("plain/")]
    rolling = [line for line in lines if line["name"].startswith("rolling/")]
    parts = [ABOUT]
    if plain:
        parts += [PLAIN.format(shops=_verdict(plain)), *_plain(plain)]
    if rolling:
        parts += [ROLLING, *_rolling(rolling)]
    missed = [line for line in lines if line["passed"] is False]
    parts += ["## Every cell that misses its target\n", _missed(missed) if missed else "None.\n"]
    return "\n".join(parts)


def _verdict(lines: Lines) -> str:
    judged = [line for line in lines if line["passed"] is not None]
    good = sum(line["passed"] for line in judged)
    return f"{good} of {len(judged)} cells hold."


def _cell(line: dict[str, Any] | None) -> str:
    if line is None:
        return ""
    shown = f"{100 * line['coverage']:.1f}"
    return f"**{shown}**" if line["passed"] is False else shown


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "".join("| " + " | ".join(row) + " |\n" for row in [head, rule, *rows])


def _by_shops(lines: Lines) -> dict[tuple[str, int], dict[str, dict[str, Any]]]:
    """The lines of each (kind of shops, size), by figure, in the order given."""
    found: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    for line in lines:
        shops, _, figure = line["name"].rpartition("/")
        found.setdefault((shops, line["n"]), {})[figure] = line
    return found


def _plain(lines: Lines) -> list[str]:
    parts = []
    for model, title in TITLES.items():
        mine = _by_shops([line for line in lines if line["name"].startswith(f"plain/{model}/")])
        if not mine:
            continue
        some = next(iter(mine.values()))
        totals = ["purchases", "value"]
        parameters = [name for name in some if name not in totals and "customers'" not in name]
        rows = []
        for (shops, n), figures in mine.items():
            singles = [
                f"{_cell(figures.get(name))} / {_cell(figures.get(f'{name}, repeaters'))}"
                for name in ("customers' counts", "customers' values")
            ]
            first = figures[totals[0]]
            cells = [_cell(figures.get(name)) for name in totals + parameters] + singles
            weak = f"{100 * first['prior']:.0f}%"
            rows.append([shops.rpartition("/")[2], f"{n:,}", f"{first['runs']:,}", weak, *cells])
        head = [
            "shops",
            "customers",
            "runs",
            "weak",
            "total purchases",
            "total value",
            *parameters,
            "counts",
            "values",
        ]
        parts += [f"### {title}\n", _table(head, rows)]
    return parts


def _rolling(lines: Lines) -> list[str]:
    rows = []
    for (shops, n), figures in _by_shops(lines).items():
        row = [shops.rpartition("/")[2], f"{n:,}", f"{figures['purchases']['runs']:,}"]
        for name in ("purchases", "value"):
            wide = figures[name]
            half, miss = f"{100 * wide['half']:.0f}%", f"{100 * wide['miss']:.0f}%"
            row += [_cell(figures[f"{name}, bare"]), _cell(wide), half, miss]
        rows.append(row)
    each = ["bare", "with origins", "half-width", "missed by"]
    head = ["shops", "customers", "runs", *(f"{name}: {e}" for name in ("purchases", "value") for e in each)]
    sentences = []
    for name in ("purchases", "value"):
        held = [line["coverage"] for line in lines if line["name"].endswith(f"/{name}")]
        over_all, lowest = sum(held) / len(held), min(held)
        sentences.append(f"{name}: {100 * over_all:.1f}% over all cells, the lowest {100 * lowest:.1f}%")
    return [_table(head, rows), f"With origins, {'; '.join(sentences)}.\n"]


def _missed(lines: Lines) -> str:
    rows = [
        [
            line["name"],
            f"{line['n']:,}",
            f"{100 * line['coverage']:.1f}",
            f"{100 * line['low']:.1f} to {100 * line['high']:.1f}",
        ]
        for line in lines
    ]
    return _table(["cell", "customers", "coverage", "99% interval of it"], rows)
