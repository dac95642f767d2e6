"""A survey file as answers: several questions in one row become several answers, checked in SQL.

A record of the ledger is one answer. A row counts once for each question that it answers, and once where it answers
none; a question that was left blank beside others that were answered is no record. A row that could not be split is
one record. So accepted + set aside = records, whatever the number of questions.
"""

from __future__ import annotations

from collections import Counter

from data.answer_words import MACROS
from data.draft import Task
from data.layout import cell, extra
from data.mapping import MappingProblem
from data.questions import KINDS, USUAL, Question, ends
from data.reading import problems
from data.records import text_sql, typed_sql
from data.values import any_of, literal
from words import text

__all__ = ["check", "count_sql", "statements"]


def check(task: Task) -> None:
    """Raises MappingProblem for questions that cannot be asked so."""
    asked = task.mapping.questions
    for header, n in Counter(q.header for q in asked).items():
        if n > 1:
            raise MappingProblem(
                text("The column {column} is chosen as a question twice. Choose it once.", column=header)
            )
    for question in asked:
        if question.kind not in KINDS or ends(question.scale) is None:
            raise MappingProblem(
                text(
                    "The question {column} is of the kind {kind} on the scale {scale}: NPS, CSAT or CES was expected, and "
                    "a scale such as 0-10 or 1-5. Choose them in the mapping.",
                    column=question.header,
                    kind=f"“{question.kind}”",
                    scale=f"“{question.scale}”",
                )
            )


def statements(task: Task) -> list[str]:
    """SQL that makes the view `marked` of every answer: record, the columns of `surveys`, `utc`, p_time, p_score, what
    it `said` and under which header (`header`), `code` (NULL where it is accepted) and `codes`.

    What answers say is worked out once for each different one: there are few, and words take long to tell.
    """
    each = _each(task)
    said = f"SELECT DISTINCT said, low, high FROM ({each}) WHERE said IS NOT NULL AND low IS NOT NULL"
    scores = f"SELECT said, low, high, hf_answer(said, low, high) AS score FROM ({said})"
    time = problems(task.reading, "answered_at", money=False)["time"]
    score = f"""CASE WHEN {_blank("said")} THEN 'no_score'
        WHEN low IS NULL OR kind NOT IN {any_of(KINDS)} THEN 'bad_question'
        WHEN score IS NULL THEN 'bad_score' WHEN score < low OR score > high THEN 'off_scale' END"""
    scored = f"SELECT * FROM ({each}) LEFT JOIN scores USING (said, low, high)"
    checked = f"SELECT *, {time} AS p_time, {score} AS p_score FROM ({scored})"
    marked = f"SELECT *, coalesce(p_time, p_score) AS code, concat_ws(',', p_time, p_score) AS codes FROM ({checked})"
    return [*MACROS, f"CREATE TEMP TABLE scores AS {scores}", f"CREATE TEMP VIEW marked AS {marked}"]


def _each(task: Task) -> str:
    """SELECT of every answer that is a record, without its score."""
    reading, layout = task.reading, task.reading.layout
    headers = dict.fromkeys(h for q in task.mapping.questions for h in (q.header, *q.comment))
    known = [text_sql(reading, "customer_id")] if layout.has("customer_id") else []
    known += [f"lower({text_sql(reading, 'email')})"] if layout.has("email") else []
    customer = f"coalesce({', '.join(known)})" if known else "NULL::VARCHAR"
    answers = _answers(task)
    given = " + ".join(f"CASE WHEN {_blank(said)} THEN 0 ELSE 1 END" for said, _ in answers)
    rows = f"""SELECT *, {given} AS given, {reading.utc("answered_at")} AS utc, {customer} AS who,
        {text_sql(reading, "order_id")} AS about FROM ({typed_sql(reading, extras=headers)})"""
    unpivoted = f"SELECT *, unnest([{', '.join(struct for _, struct in answers)}]) AS a FROM ({rows})"
    return f"""SELECT record, a.place AS place, {cell("answered_at")}, utc, CAST(utc AS TIMESTAMP) AS answered_at, who AS customer,
        about AS order_id, a.kind AS kind, a.question AS question, a.scale AS scale, a.comment AS comment,
        a.said AS said, a.header AS header, a.low AS low, a.high AS high
        FROM ({unpivoted}) WHERE NOT {_blank("a.said")} OR (given = 0 AND a.place = 0)"""


def count_sql(task: Task) -> str:
    """How many records the file holds (see above), counted in its cells and not in what was made of them."""
    asked = task.mapping.questions
    headers = [q.header for q in asked]
    cells = [extra(task.staged, h) for h in headers] or [cell("score")]
    given = " + ".join(f"CASE WHEN {_blank(c)} THEN 0 ELSE 1 END" for c in cells)
    read = f"SELECT greatest(1, {given}) AS n FROM ({task.reading.layout.cells_sql(headers)})"
    return (
        f"SELECT (SELECT coalesce(sum(n), 0)::BIGINT FROM ({read})) + (SELECT count(*)::BIGINT FROM rejects)"
    )


def _answers(task: Task) -> list[tuple[str, str]]:
    """(the cell, a struct of what it answers) for each question, in their order."""
    asked = task.mapping.questions
    cells = [extra(task.staged, q.header) for q in asked]
    notes = [[_written(extra(task.staged, h)) for h in q.comment] for q in asked]
    found = []
    for place, question in enumerate(asked):
        # What was written about a question that was left blank goes with the first that was answered.
        first = " AND ".join(["true", *(_blank(c) for c in cells[:place])])
        others = [
            f"CASE WHEN {first} AND {_blank(cells[n])} THEN {note} END"
            for n, written in enumerate(notes)
            for note in written
            if n != place
        ]
        found.append(_question(question, place, cells[place], [*notes[place], *others]))
    return found or [_score(task)]


def _question(question: Question, place: int, said: str, written: list[str]) -> tuple[str, str]:
    low, high = ends(question.scale) or (0, 0)
    comment = f"nullif(concat_ws(chr(10), {', '.join(written)}), '')" if written else "NULL::VARCHAR"
    return said, _struct(
        place,
        literal(question.kind),
        literal(question.header),
        literal(question.scale),
        (str(low), str(high)),
        said,
        literal(question.header),
        comment,
    )


def _score(task: Task) -> tuple[str, str]:
    """A file that names the question, its kind and its scale in columns of their own, one answer a record."""
    reading, layout = task.reading, task.reading.layout
    kind = f"coalesce(upper({text_sql(reading, 'kind')}), 'NPS')" if layout.has("kind") else "'NPS'"
    usual = " ".join(
        f"WHEN {literal(k)} THEN {literal(s)}" for k, s in (USUAL | layout.format.scales).items()
    )
    dashed = f"regexp_replace({text_sql(reading, 'scale')}, '\\s*[-–—]\\s*', '-')"
    scale = f"coalesce({dashed}, CASE {kind} {usual} END)"
    proper = f"regexp_full_match({scale}, '\\d{{1,3}}-\\d{{1,3}}')"
    low, high = (f"try_cast(split_part({scale}, '-', {n}) AS INT)" for n in (1, 2))
    edges = tuple(f"CASE WHEN {proper} AND {low} < {high} THEN {end} END" for end in (low, high))
    question = text_sql(reading, "question")
    said = cell("score")
    header = literal(layout.header("score"))
    comment = _written(cell("comment")) if layout.has("comment") else "NULL::VARCHAR"
    return said, _struct(0, kind, question, scale, edges, said, header, comment)


def _struct(
    place: int,
    kind: str,
    question: str,
    scale: str,
    edges: tuple[str, ...],
    said: str,
    header: str,
    comment: str,
) -> str:
    low, high = edges
    fields = {
        "place": str(place), "kind": kind, "question": question, "scale": scale, "low": low, "high": high,
        "said": said, "header": header, "comment": comment,
    }  # fmt: skip
    return "{" + ", ".join(f"'{key}': {sql}" for key, sql in fields.items()) + "}"


def _written(cell_: str) -> str:
    """What was written, without blanks and line ends around it; NULL where there is nothing else."""
    trimmed = f"trim({cell_}, ' ' || chr(9) || chr(10) || chr(13) || chr(160))"
    return f"CASE WHEN {trimmed} = '' OR hf_blank({trimmed}) THEN NULL ELSE {trimmed} END"


def _blank(said: str) -> str:
    return f"({said} IS NULL OR hf_blank({said}))"
