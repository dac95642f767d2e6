"""Long work: progress, cancel, failure as a sentence, the same key the same job, a bound."""

from __future__ import annotations

import threading
import uuid

import pytest

import jobs


def key() -> str:
    return uuid.uuid4().hex


def test_a_job_reports_progress_and_keeps_its_result() -> None:
    seen = threading.Event()
    go_on = threading.Event()

    def work(job: jobs.Job) -> int:
        job.progress(0.5, "counting")
        seen.set()
        go_on.wait(10)
        return 42

    job = jobs.start(key(), "count", work)
    assert seen.wait(10)
    assert (job.state, job.fraction, job.message) == ("running", 0.5, "counting")
    go_on.set()
    assert job.wait(10)
    assert (job.state, job.fraction, job.result) == ("done", 1.0, 42)


def test_starting_the_same_key_twice_runs_once() -> None:
    runs = []
    name = key()
    first = jobs.start(name, "once", lambda job: runs.append(1))
    first.wait(10)
    assert jobs.start(name, "once", lambda job: runs.append(2)) is first
    assert runs == [1]


def test_a_cancelled_job_stops_at_its_next_report_and_can_be_started_again() -> None:
    name, started = key(), threading.Event()

    def work(job: jobs.Job) -> None:
        started.set()
        while True:
            job.progress(0.1)

    job = jobs.start(name, "endless", work)
    assert started.wait(10)
    job.cancel()
    assert job.wait(10)
    assert job.state == "cancelled"
    assert jobs.start(name, "again", lambda job: "fresh") is not job


def test_a_sentence_raised_in_a_job_is_what_people_see() -> None:
    def work(job: jobs.Job) -> None:
        raise ValueError("Line 3 has no date.")

    job = jobs.start(key(), "read", work)
    job.wait(10)
    assert (job.state, job.problem) == ("failed", "Line 3 has no date.")


def test_a_fault_of_ours_becomes_a_sentence_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    def work(job: jobs.Job) -> None:
        raise KeyError("secret_column")

    job = jobs.start(key(), "read", work)
    job.wait(10)
    assert job.state == "failed"
    assert "secret_column" not in job.problem
    assert f"job {job.number}" in job.problem
    assert "secret_column" in caplog.text


def test_finished_jobs_are_kept_up_to_a_bound() -> None:
    first = key()
    jobs.start(first, "old", lambda job: None).wait(10)
    for _ in range(jobs.KEPT + 2):
        jobs.start(key(), "new", lambda job: None).wait(10)
    assert jobs.find(first) is None


class Heavy:
    nbytes = jobs.KEPT_BYTES // 3


def test_heavy_results_are_kept_up_to_a_bound_and_those_just_asked_for_longest() -> None:
    first, second, third, fourth = (key() for _ in range(4))
    for name in (first, second, third):
        jobs.start(name, "heavy", lambda job: Heavy()).wait(10)
    light = key()
    jobs.start(light, "light", lambda job: None).wait(10)
    assert jobs.find(first) is not None
    jobs.start(fourth, "heavy", lambda job: Heavy()).wait(10)
    jobs.start(key(), "light", lambda job: None).wait(10)
    assert [jobs.find(name) is not None for name in (first, third, fourth, light)] == [True] * 4
    assert jobs.find(second) is None


def test_one_result_larger_than_the_bound_is_kept_until_the_next() -> None:
    class Huge:
        nbytes = 2 * jobs.KEPT_BYTES

    huge, later = key(), key()
    jobs.start(huge, "huge", lambda job: Huge()).wait(10)
    jobs.start(key(), "light", lambda job: None).wait(10)
    assert jobs.find(huge) is not None
    jobs.start(later, "huge", lambda job: Huge()).wait(10)
    jobs.start(key(), "light", lambda job: None).wait(10)
    assert jobs.find(huge) is None
    assert jobs.find(later) is not None
