"""The table of past forecasts: what its command writes, and that the one in docs/ is of this form."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import backtests
from benchmarks.backtests_page import INTRODUCTION, page

ROOT = Path(__file__).resolve().parents[2]


def line(model: str, forecast: float, each: float, weekly: float, **more):
    """One line as the command prints it: 100 purchases and 1,000 of money came."""
    found = {
        "name": "backtest",
        "n": 50,
        "data": "Shop",
        "currency": "EUR",
        "origin": "2024-01-31",
        "days": 30,
    }
    found |= {"model": model, "forecast": forecast, "came": 100, "error": forecast / 100 - 1}
    found |= {"money_forecast": 10 * forecast, "money_came": 1000.0, "money_error": forecast / 100 - 1}
    return found | {"each_error": each, "weekly_error": weekly} | more


def model(forecast: float, low: float, high: float, wide: tuple[float | None, float | None], **more):
    ends = {"low": low, "high": high, "wide_low": wide[0], "wide_high": wide[1]}
    ends |= {f"money_{name}": None if end is None else 10 * end for name, end in ends.items()}
    more = {"lifetimes_error": -0.05} | more
    return line("bg_nbd", forecast, 0.5, 0.2, title="BG/NBD", coverage=0.93, **ends, **more)


LINES = [
    model(95, 90, 99, (80, 112)),
    line("average", 120, 0.9, 0.1),
    line("own", 96, 0.4, 0.3),
    model(110, 99, 121, (None, None), days=60, lifetimes_error=None, lifetimes_failed="It said: no."),
    line("average", 120, 0.9, 0.3, days=60),
    line("own", 80, 0.8, 0.3, days=60),
]


def test_what_is_counted_by_hand() -> None:
    written = page(LINES)
    assert written.startswith(INTRODUCTION)
    assert "2 splits and 1 models make 2 forecasts." in written
    assert "run from −5.0% to +10.0%; at one split the models differ by less than 0.1 points." in written
    # 95 is farther from 100 than the own rate's 96.
    assert (
        "The number of purchases: 2 of 2 nearer than the average rate, 1 of 2 nearer than the own rate. "
        "**Here the own rate did as well or better.**"
    ) in written
    assert "Single weeks: 1 of 2 nearer than the average rate, 2 of 2 nearer than the own rate." in written
    assert "chance in 1 of 2, and in the wide one in 1 of 1; of money, in 1 of 2 and 1 of 1." in written


def test_a_row_says_what_missed() -> None:
    rows = page(LINES).splitlines()
    first = next(row for row in rows if "BG/NBD" in row)
    assert [cell.strip() for cell in first.strip("|").split("|")] == [
        "",
        "",
        "BG/NBD",
        "95",
        "−5.0%",
        "**90 to 99**",
        "80 to 112",
        "−5.0%",
        "950",
        "−5.0%",
        "0.500",
        "20.0%",
        "93.0%",
    ]
    assert "- BG/NBD, 2024-01-31, 60 days: It said: no." in rows
    assert len({row.count("|") for row in rows if row.startswith("|")}) == 1


def test_a_shop_that_is_not_here_is_left_out_with_the_reason(tmp_path) -> None:
    *_, why = backtests.shops(tmp_path, tmp_path / "none.parquet")
    assert isinstance(why, str)
    assert "## UCI Online Retail\n\nLeft out when this was made: There is no file none.parquet" in page(
        [*LINES, backtests._skipped(why)]
    )


def test_the_document_is_of_this_form() -> None:
    written = (ROOT / "docs" / "backtests.md").read_text(encoding="utf-8")
    assert written.startswith(INTRODUCTION)
    for title in ("CDNOW", "UCI Online Retail"):
        assert f"## {title}\n\n- 4 splits and 3 models make 12 forecasts." in written


@pytest.mark.slow
def test_lines_of_a_real_shop(monkeypatch, tmp_path) -> None:
    """CDNOW at its splits, without lifetimes (a process each): every model and both guesses, once a split."""

    def absent(arrays):
        raise ValueError("not asked here")

    monkeypatch.setattr(backtests, "ask", absent)
    shop = next(iter(backtests.shops(tmp_path, tmp_path / "none.parquet")))
    lines = list(backtests.measured(shop))
    assert len(lines) == 4 * 5
    for found in lines:
        assert {"name", "n", "seconds", "reference", "reference_seconds", "ratio", "peak_mb"} <= set(found)
        assert found["n"] == 23570
        assert found["error"] == pytest.approx(found["forecast"] / found["came"] - 1, abs=1e-3)
    papers = [found for found in lines if found["days"] == 273]
    # 39 weeks from 30 September 1997, as in the papers; in the whole base 19,684 repeat purchases came.
    assert {(found["origin"], found["came"]) for found in papers} == {("1997-09-30", 19684)}
    assert "not asked here" in page(lines)
