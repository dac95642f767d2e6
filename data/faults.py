"""What can be wrong with a file, in sentences: what was found, where, and what to do."""

from __future__ import annotations

from typing import Any

from words import count, listing, plural, text


class FileProblem(ValueError):
    """A file that cannot be used. `str()` is the whole message; `code` and `facts` are for programs.

    `facts["choices"]` holds the names to choose from where the file holds several tables.
    """

    def __init__(self, code: str, name: str, /, **facts: Any) -> None:
        self.code = code
        self.name = name
        self.facts = facts
        super().__init__(_message(code, facts, name or text("The file")))


def _size(n: float) -> str:
    """Bytes as people write them: 930 bytes, 12 MB."""
    if n < 1024:
        return plural("{n} byte", "{n} bytes", int(n))
    return text("{n} KB", n=count(n / 1024)) if n < 1 << 20 else text("{n} MB", n=count(n / (1 << 20)))


def _message(code: str, facts: dict[str, Any], file: str) -> str:
    words = {key: count(value) if isinstance(value, int) else value for key, value in facts.items()}
    words |= {key: _size(facts[key]) for key in ("packed", "unpacked", "bytes") if key in facts}
    if "choices" in facts:
        words["choices"] = listing(facts["choices"][:20])
    if code == "nothing_fits":
        words["problem"] = reject_reason(facts["reason"], facts["found"], facts["expected"])
    return _sentence(code).format(file=file, **words)


def _sentence(code: str) -> str:
    # Texts are named here, and filled in by _message, so that each is found by the translators as it stands.
    match code:
        case "empty":
            return text("{file} is empty. Export it again and upload the new file.")
        case "header_only":
            return text(
                "{file} has a header with {columns} columns and no record below it. Choose a period with "
                "orders, export again and upload the new file."
            )
        case "wrong_type":
            return text(
                "{file} is not a table: its content is a {kind}, whatever its name says. Upload a CSV, Excel "
                "(.xlsx, .xls) or Parquet file."
            )
        case "zero_bytes":
            return text(
                "{file} is not plain text: line {line} holds a zero byte. The file is damaged or not a "
                "table. Export it again as CSV (UTF-8) and upload the new file."
            )
        case "endless_line":
            return text(
                "{file} is not a table: line {line} goes on for more than 4 MB without an end ({bytes} in "
                "all). Export it again with one record a line."
            )
        case "too_many_columns":
            return text(
                "{file} has {columns} columns; at most {limit} can be read. Remove the columns that are not "
                "about orders, or export one row an order, and upload it again."
            )
        case "too_many_records":
            return text(
                "{file} has {records} records; at most {limit} can be read. Split it by period and upload "
                "the parts."
            )
        case "nothing_fits":
            return text(
                "No record of {file} fits its header. Record {record} (line {line}): {problem}. It reads: "
                "{value}. Check that the first line names the columns and that every line has the same "
                "separators."
            )
        case "nothing_accepted":
            return text(
                "No record of {file} can be used, so nothing was kept. {reasons} Check which columns were chosen "
                "and how they are read, or put the file right and send it again."
            )
        case "open_header":
            return text(
                "The header of {file} cannot be read: in line {line} a quotation mark is opened and not closed. "
                "It reads: {value}. Close it and upload the file again."
            )
        case "unclosed_quote":
            return text(
                "{file} has too many quotation marks that are opened and never closed, the latest in line "
                '{line}. Write a quotation mark inside a cell twice ("") and upload it again.'
            )
        case _:
            return _about_archives(code)


def _about_archives(code: str) -> str:
    match code:
        case "bomb":
            return text(
                "{file} was not opened: {packed} would unpack to more than {unpacked}, which no order export "
                "does. If it is yours, unpack it and upload the file inside."
            )
        case "parquet_bomb":
            return text(
                "{file} was not opened: {bytes} claim to hold {records} records in {columns} columns, which "
                "no order export does. Export the orders again, as CSV if possible."
            )
        case "too_large_unpacked":
            return text("{file} unpacks to more than can be read. Split it by period and upload the parts.")
        case "damaged_archive":
            return text(
                "{file} is a {kind} file that breaks off or is damaged. Download or export it again; if it "
                "opens on your computer, upload the file inside it."
            )
        case "unsafe_names":
            return text(
                "{file} was not opened: it holds a file named “{member}”, which points outside the archive. "
                "Upload the CSV itself, or a zip made from it alone."
            )
        case "encrypted":
            return text("{file} is protected by a password. Save it without one and upload it again.")
        case "empty_archive":
            return text("{file} is an archive without any file in it. Upload the export itself.")
        case "choose_member":
            return text("{file} holds several files: {choices}. Choose the one to read.")
        case "no_such_member":
            return text("{file} holds nothing named “{member}”. Choose one of: {choices}.")
        case "nested_archive":
            return text(
                "{file} is an archive in an archive in an archive. Unpack it and upload the file inside."
            )
        case "damaged_workbook":
            return text(
                "{file} is a workbook that cannot be opened ({message}). Open it in your spreadsheet "
                "program, save it as CSV and upload that."
            )
        case "damaged_parquet":
            return text(
                "{file} is a Parquet file that cannot be read ({message}). Write it again, or upload the "
                "orders as CSV."
            )
        case "no_such_encoding":
            return text("{file} cannot be read as “{encoding}”: no such encoding. Choose one from the list.")
        case _:
            return _about_limits(code)


def _about_limits(code: str) -> str:
    match code:
        case "memory":
            return text(
                "{file} was given up: reading it needs more than the {memory_mb} MB of memory that one file "
                "may take. Split it by period, or upload it as CSV."
            )
        case "time":
            return text(
                "{file} was given up after {seconds} seconds, the longest that one file may take. Split it "
                "by period, or upload it as CSV."
            )
        case "disk":
            return text(
                "{file} could not be read: {message}. Check that the disk has room (one file may write "
                "{output_mb} MB), then upload it again."
            )
        case "crash":
            return text(
                "{file} could not be read: the program that opens it stopped ({message}). Nothing else was "
                "touched. Save it as CSV (UTF-8) and upload that."
            )
        case "duckdb":
            return text("{file} could not be read: {message}")
        case _:
            raise ValueError(f"No sentence for the code {code!r}.")


def reject_reason(code: str, found: str, expected: int) -> str:
    """Why a record could not be split, as part of a sentence: `code` and `found` as in rejects.parquet."""
    match code:
        case "too_few_columns":
            return plural(
                "it has {n} column where {expected} were expected",
                "it has {n} columns where {expected} were expected",
                int(found),
                expected=count(expected),
            )
        case "too_many_columns":
            return plural(
                "it has {n} column where {expected} were expected; a text with separators needs quotes",
                "it has {n} columns where {expected} were expected; a text with separators needs quotes",
                int(found),
                expected=count(expected),
            )
        case "unclosed_quote":
            return text('a quotation mark is opened and not closed; one inside a text is written twice ("")')
        case "stray_quote":
            return text('text follows a closing quotation mark; one inside a text is written twice ("")')
        case _:
            raise ValueError(f"No reason for the code {code!r}.")


def warning(name: str, facts: dict[str, Any]) -> str:
    """What a person should know about a file that was read all the same."""
    match facts["code"]:
        case "rejects":
            return plural(
                "{n} record of {file} could not be split into columns and is set aside. Record {record} "
                "(line {line}): {reason}. It reads: {value}",
                "{n} records of {file} could not be split into columns and are set aside. The first is "
                "record {record} (line {line}): {reason}. It reads: {value}",
                facts["count"],
                file=name,
                record=count(facts["record"]),
                line=count(facts["line"]),
                reason=reject_reason(facts["reason"], facts["found"], facts["expected"]),
                value=facts["value"],
            )
        case "swallowed":
            return text(
                "Record {record} of {file} has a cell that holds whole lines of the table: a quotation mark "
                "was probably not closed. Close it and upload the file again, or those lines are missing.",
                record=count(facts["record"]),
                file=name,
            )
        case "unreadable_letters":
            return plural(
                "{n} letter of {file} cannot be read as {encoding} and shows as �. Choose another encoding.",
                "{n} letters of {file} cannot be read as {encoding} and show as �. Choose another encoding.",
                facts["count"],
                file=name,
                encoding=facts["encoding"],
            )
        case "same_names":
            return text(
                "{file} has several columns of the same name; the later ones are called {columns}.",
                file=name,
                columns=listing(facts["columns"]),
            )
        case code:
            raise ValueError(f"No sentence for the warning {code!r}.")
