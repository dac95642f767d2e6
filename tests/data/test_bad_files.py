"""Files that nobody should have uploaded: each gets a sentence within 15 seconds, and takes nothing down."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import random
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from data.opening import FileProblem, Staged, stage

ORDERS = "Name,Email,Total\n#1,ann@example.com,10.00\n#2,bob@example.com,12.50\n#3,ann@example.com,7.25\n"
SECONDS = 15
MOST_GROWTH = 100 << 20


@contextmanager
def modest() -> Iterator[None]:
    """The dashboard's own process must stay small while its child suffers."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = most = resident()
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.02):
            most = max(most, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert most - before < MOST_GROWTH
    assert time.monotonic() - started < SECONDS


def children() -> list[str]:
    pid = os.getpid()
    return Path(f"/proc/self/task/{pid}/children").read_text().split()


def refused(path: Path, folder: Path, **options: str) -> FileProblem:
    """Stage a bad file; it must be refused in a sentence that names it, and leave nothing behind."""
    running = children()
    with modest(), pytest.raises(FileProblem) as problem:
        stage(path, folder / "staged", **options)
    sentence = str(problem.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert "{" not in sentence
    assert not (folder / "staged").exists()
    assert children() == running
    return problem.value


def accepted(path: Path, folder: Path, **options: str) -> Staged:
    with modest():
        staged = stage(path, folder / "staged", **options)
    assert sorted(p.name for p in staged.folder.iterdir() if p.name != "numbers.json") == [
        "raw.parquet",
        "rejects.parquet",
    ]
    return staged


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    def to(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to


def test_empty(write, tmp_path):
    assert "is empty" in str(refused(write("a.csv", ""), tmp_path))
    assert "is empty" in str(refused(write("b.csv", "\n\n  \n"), tmp_path))
    assert "is empty" in str(refused(write("c.csv", codecs.BOM_UTF8), tmp_path))
    assert "is empty" in str(refused(write("d.csv.gz", gzip.compress(b"")), tmp_path))


def test_header_only(write, tmp_path):
    sentence = str(refused(write("a.csv", "Name,Email,Total\n"), tmp_path))
    assert "header with 3 columns and no record below it" in sentence


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG picture"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b'{"orders": [{"id": 1}]}', "JSON"),
        (b"SQLite format 3\0", "SQLite"),
    ],
)
def test_another_kind_of_file_named_csv(write, tmp_path, content, kind):
    sentence = str(refused(write("orders.csv", content), tmp_path))
    assert kind in sentence
    assert "Upload a CSV" in sentence


def test_gzip_named_csv_is_read(write, tmp_path):
    assert accepted(write("orders.csv", gzip.compress(ORDERS.encode())), tmp_path).records == 3


def test_csv_named_xlsx_is_read(write, tmp_path):
    assert accepted(write("orders.xlsx", ORDERS), tmp_path).records == 3


def test_200_mb_of_one_line(tmp_path):
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.write(b"Name,Total\n#1,10\n")
        for _ in range(200):
            file.write(b"x" * (1 << 20))
    sentence = str(refused(path, tmp_path))
    assert "line 3" in sentence
    assert "200 MB" in sentence


def test_unclosed_quote_costs_its_own_record_only(write, tmp_path):
    lines = [
        "Name,Email,Total",
        '#1,"ann@example.com,10.00',
        *(f"#{n},b@example.com,{n}.00" for n in range(2, 5000)),
    ]
    staged = accepted(write("a.csv", "\n".join(lines) + "\n"), tmp_path)
    assert (staged.records, staged.rejected) == (4999, 1)
    (sentence,) = staged.warnings
    assert "record 1 (line 2)" in sentence.lower()
    assert "quotation mark is opened and not closed" in sentence
    assert '#1,"ann@example.com' in sentence


def test_a_quote_closed_late_is_noticed_although_the_record_fits(write, tmp_path):
    text = 'a,b,c,d\n1,2,3,4\n5,"6,7,8\n9,10,11,12\n13,14",15,16\n17,18,19,20\n'
    staged = accepted(write("a.csv", text), tmp_path)
    assert staged.records == 3
    assert "Record 2 of a.csv has a cell that holds whole lines" in staged.warnings[0]


def test_zip_bomb(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("orders.csv", "w") as out:
        for _ in range(300):
            out.write(bytes(1 << 20))
    assert "would unpack to more than" in str(refused(path, tmp_path))


def test_gzip_bomb(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as out:
        for _ in range(300):
            out.write(b"a,b\n" * (1 << 18))
    assert "would unpack to more than" in str(refused(path, tmp_path))


def test_archive_in_archive_in_archive(write, tmp_path):
    content = gzip.compress(gzip.compress(gzip.compress(ORDERS.encode())))
    assert "archive in an archive" in str(refused(write("a.gz", content), tmp_path))


@pytest.mark.parametrize(
    "name", ["../orders.csv", "/etc/orders.csv", "a/../../orders.csv", "..\\orders.csv", "C:/orders.csv"]
)
def test_zip_whose_names_point_outside(tmp_path, name):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, ORDERS)
    sentence = str(refused(path, tmp_path))
    assert "points outside the archive" in sentence
    assert "orders.csv" in sentence


def test_zip_with_several_files_asks_which(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", ORDERS)
        archive.writestr("items.csv", "a,b\n1,2\n")
        archive.writestr("__MACOSX/._orders.csv", "x")
    problem = refused(path, tmp_path)
    assert problem.facts["choices"] == ["items.csv", "orders.csv"]
    assert "items.csv and orders.csv" in str(problem)
    staged = accepted(path, tmp_path, sheet="orders.csv")
    assert (staged.records, staged.chosen) == (3, "orders.csv")


def test_damaged_archives(write, tmp_path):
    packed = gzip.compress(os.urandom(100_000))
    assert "breaks off or is damaged" in str(refused(write("a.gz", packed[:50_000]), tmp_path))
    assert "breaks off or is damaged" in str(refused(write("a.zip", b"PK\x03\x04" + bytes(200)), tmp_path))
    damaged = "cannot be opened"
    assert damaged in str(refused(write("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), tmp_path))
    assert "cannot be read" in str(refused(write("a.parquet", b"PAR1" + bytes(200) + b"PAR1"), tmp_path))


@pytest.mark.parametrize("seed", range(24))
def test_damaged_anywhere(write, tmp_path, seed):
    """Whatever byte is wrong, the answer is a table or a sentence about the file, not about our own insides."""
    rng = random.Random(seed)
    kind = ("zip", "xlsx", "parquet", "gz")[seed % 4]
    path = tmp_path / f"orders.{kind}"
    if kind == "parquet":
        duckdb.sql("SELECT i AS id, 'x' || i AS t, now() AS at FROM range(3000) r(i)").write_parquet(
            str(path)
        )
    elif kind == "xlsx":
        book = xlsxwriter.Workbook(path)
        book.add_worksheet().write_column(0, 0, ["Total", *range(500)])
        book.close()
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("orders.csv", ORDERS * 50)
    else:
        path.write_bytes(gzip.compress((ORDERS * 50).encode()))
    content = bytearray(path.read_bytes())
    for _ in range(3):
        at = rng.randrange(len(content))
        content[at : at + rng.choice([0, 1, 20])] = rng.randbytes(rng.choice([1, 1, 5]))
    path.write_bytes(content)
    try:
        stage(path, tmp_path / "staged")
    except FileProblem as problem:
        assert problem.code in {  # noqa: PT017 - a table is as good an answer
            *(
                "damaged_archive",
                "damaged_workbook",
                "damaged_parquet",
                "header_only",
                "nothing_fits",
                "empty",
            ),
            *("zero_bytes", "empty_archive", "encrypted", "wrong_type", "bomb", "memory", "open_header"),
        }, str(problem)


def test_parquet_that_claims_more_than_it_can_hold(tmp_path):
    path = tmp_path / "bomb.parquet"
    duckdb.sql("SELECT 0 AS a, 'x' AS b FROM range(12_000_000)").write_parquet(
        str(path), row_group_size=12_000_000
    )
    assert path.stat().st_size < 2_000
    assert "claim to hold 12,000,000 records" in str(refused(path, tmp_path))


def test_parquet_page_that_claims_two_gigabytes(tmp_path):
    """A page header that says 2 GB makes DuckDB allocate them, past its own memory limit."""
    path = tmp_path / "page.parquet"
    duckdb.sql("SELECT repeat('x', 140_000_000) AS a").write_parquet(str(path), compression="zstd")
    content = path.read_bytes()
    claimed = _zigzag(140_000_000 + 4)  # PLAIN: four bytes of length, then the text
    where = content.find(claimed[1:])
    assert where > 0, "the page header was not where it was expected"
    path.write_bytes(content[: where - 1] + _zigzag((1 << 31) - 1) + content[where - 1 + len(claimed) :])
    assert "more than the 1,300 MB of memory" in str(refused(path, tmp_path))


def _zigzag(n: int) -> bytes:
    n, out = n << 1, bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*out, n])


def test_workbook_with_a_cell_in_the_last_corner(tmp_path):
    path = tmp_path / "corner.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "Name")
    sheet.write(1_048_575, 16_383, "far away")
    book.close()
    refused(path, tmp_path)


def test_workbook_bomb(tmp_path):
    path = tmp_path / "bomb.xlsx"
    book = io.BytesIO()
    xlsxwriter.Workbook(book, {"in_memory": True}).close()
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in source.infolist():
            out.writestr(entry, source.read(entry))
        with out.open("xl/sharedStrings.xml", "w") as strings:
            strings.write(b"<sst>")
            for _ in range(300):
                strings.write(b"<si><t>x</t></si>" * 60_000)
    assert "would unpack to more than" in str(refused(path, tmp_path))


def test_zero_bytes(write, tmp_path):
    assert "line 3 holds a zero byte" in str(refused(write("a.csv", ORDERS.replace("#2", "#\0")), tmp_path))
    assert "zero byte" in str(refused(write("b.csv", os.urandom(100_000).replace(b"\n", b"\0")), tmp_path))


def test_same_names_are_told_apart(write, tmp_path):
    staged = accepted(write("a.csv", "Total,Total,total,,record\n1,2,3,4,5\n"), tmp_path)
    assert staged.header == ["Total", "Total (2)", "total (3)", "Column 4", "record (file)"]
    assert "Total (2)" in staged.warnings[0]
    assert list(staged.head[0].values()) == ["1", "2", "3", "4", "5"]


def test_5000_columns(write, tmp_path):
    text = "\n".join(",".join(f"{n}{row}" for n in range(5000)) for row in ("a", "", ""))
    sentence = str(refused(write("a.csv", text), tmp_path))
    assert "5,000 columns; at most 2,000" in sentence


def test_formulas_and_html_are_texts(write, tmp_path):
    staged = accepted(
        write("a.csv", 'Name,Total\n"=HYPERLINK(""http://x"",""y"")",1\n<b>Ann</b>,2\n'), tmp_path
    )
    assert [row["Name"] for row in staged.head] == ['=HYPERLINK("http://x","y")', "<b>Ann</b>"]


def test_broken_records_are_set_aside_with_number_line_and_text(write, tmp_path):
    staged = accepted(write("a.csv", 'a,b\n1,"x\ny"\n\n2\n3,4,5\n"6"7,8\n9,10\n'), tmp_path)
    assert (staged.records, staged.rejected) == (5, 3)
    rows = duckdb.read_parquet(str(staged.folder / "rejects.parquet")).fetchall()
    assert rows == [
        (2, 5, "too_few_columns", "1", "2"),
        (3, 6, "too_many_columns", "3", "3,4,5"),
        (4, 7, "stray_quote", None, '"6"7,8'),
    ]
    assert "The first is record 2 (line 5): it has 1 column where 2 were expected" in staged.warnings[0]


def test_unclosed_quote_in_the_header(write, tmp_path):
    text = '"Name,Email,Total\n' + ORDERS * 50
    sentence = str(refused(write("a.csv", text), tmp_path))
    assert 'in line 1 a quotation mark is opened and not closed. It reads: "Name,Email,Total' in sentence


def test_every_line_with_an_unclosed_quote(write, tmp_path):
    """Reading again what a quote swallowed must not take for ever."""
    text = "a,b\n" + "".join(f'{n},"x\n' + "1,2\n" * 30 for n in range(50_000))
    with modest():
        sentence = ""
        try:
            staged = stage(write("a.csv", text), tmp_path / "staged")
        except FileProblem as problem:
            sentence = str(problem)
        else:
            assert staged.records == 50_000 * 31
            assert staged.rejected == 50_000
    assert not sentence or "quotation marks that are opened and never closed" in sentence


def test_nothing_fits(write, tmp_path):
    sentence = str(refused(write("a.csv", "a,b,c\n" + "1,2\n" + '"x"y,1,2\n'), tmp_path))
    assert "No record of a.csv fits" in sentence or "Record 1" in sentence


def test_unknown_encoding_and_sheet(write, tmp_path):
    assert "no such encoding" in str(refused(write("a.csv", ORDERS), tmp_path, encoding="klingon"))
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Orders").write_row(0, 0, ["a", "b"])
    book.close()
    assert "Choose one of: Orders" in str(refused(path, tmp_path, sheet="Nope"))
