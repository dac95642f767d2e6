"""The benchmark of survey intervals says what it promises to say, and counts a truth that is certain as always held."""

from __future__ import annotations

from benchmarks.survey_coverage import SHARES, SIZES, measured


def test_every_figure_size_and_truth_has_a_line() -> None:
    lines = list(measured(runs=20))
    assert len(lines) == len(SIZES) * 2 * 2 * (len(SHARES) + 1)
    assert {line["n"] for line in lines} == set(SIZES)
    certain = [line for line in lines if line["name"] == "survey/nps/one/all promoters"]
    assert [line["coverage"] for line in certain] == [1.0] * len(SIZES)
    assert all(
        set(line) >= {"name", "n", "coverage", "nominal", "runs", "seconds", "passed"} for line in lines
    )
