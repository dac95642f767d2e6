"""What the reader makes of honest files: types, encodings, separators, headers, values, record numbers."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import reader

ORDERS = "Name,Email,Total\n#1,ann@example.com,10.00\n#2,bob@example.com,12.50\n"
ROWS = [
    {"Name": "#1", "Email": "ann@example.com", "Total": "10.00"},
    {"Name": "#2", "Email": "bob@example.com", "Total": "12.50"},
]


def staged(content: bytes | str, folder: Path, name: str = "orders.csv", **request) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return reader.stage({"path": str(path), "folder": str(folder / "staged"), **request})


def records(folder: Path) -> list[tuple]:
    return duckdb.sql(f"FROM ({reader.raw_sql(folder / 'staged')}) ORDER BY record").fetchall()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_separators(tmp_path, delimiter):
    result = staged(ORDERS.replace(",", delimiter), tmp_path)
    assert (result["delimiter"], result["head"]) == (delimiter, ROWS)


def test_decimal_commas_do_not_look_like_separators(tmp_path):
    result = staged("id;amount\n1;1,50\n2;2,75\n3;10,00\n", tmp_path)
    assert result["header"] == ["id", "amount"]


def test_excel_separator_hint(tmp_path):
    assert staged("sep=|\r\na|b\r\n1,5|2\r\n", tmp_path)["head"] == [{"a": "1,5", "b": "2"}]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, line_end):
    assert staged(ORDERS.replace("\n", line_end), tmp_path)["head"] == ROWS


def test_mixed_line_ends(tmp_path):
    result = staged("a,b\n1,2\r\n3,4\n5,6\r\n", tmp_path)
    assert (result["records"], result["rejected"]) == (3, 0)
    assert records(tmp_path) == [(1, "1", "2"), (2, "3", "4"), (3, "5", "6")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode(tmp_path, encoding):
    text = "Імʼя,Total\nЗоряна,1\n" + "日本,2\n" * 3
    head = staged((text * 1).encode(encoding), tmp_path)["head"]
    assert head[0] == {"Імʼя": "Зоряна", "Total": "1"}


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Іванова Марія"),
        ("cp1251", "Пётр"),
        ("latin-1", "José Müller"),
        ("latin-1", "Åsa Sjögren"),
        ("cp1252", "Zoë – “Café” €5"),
    ],
)
def test_old_encodings_are_told_by_the_letters(tmp_path, encoding, name):
    text = "Name,Total\n" + f"{name},1\nPlain Name,2\n" * 20
    result = staged(text.encode(encoding), tmp_path)
    assert result["encoding"] == encoding
    assert result["head"][0]["Name"] == name


def test_encoding_can_be_overridden(tmp_path):
    result = staged("Name,Total\nІванова,1\n".encode("cp1251"), tmp_path, encoding="latin-1")
    assert result["head"][0]["Name"] == "Іванова".encode("cp1251").decode("latin-1")


def test_letters_far_from_the_start_decide_too(tmp_path):
    text = "Name,Total\n" + "Plain,1\n" * 700_000 + "Іванова Марія Петрівна,2\n"
    assert staged(text.encode("cp1251"), tmp_path)["encoding"] == "cp1251"


def test_utf8_with_a_broken_letter_stays_utf8(tmp_path):
    text = ("Name,Total\n" + "Зоряна,1\n" * 30).encode() + b"Ann\xff,2\n"
    result = staged(text, tmp_path)
    assert result["encoding"] == "utf-8"
    assert result["warnings"] == [{"code": "unreadable_letters", "count": 1, "encoding": "utf-8"}]


def test_packed_files(tmp_path):
    assert staged(gzip.compress(ORDERS.encode()), tmp_path / "a")["head"] == ROWS
    assert (
        staged(gzip.compress(ORDERS[:30].encode()) + gzip.compress(ORDERS[30:].encode()), tmp_path / "b")[
            "head"
        ]
        == ROWS
    )
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("export/orders.csv", ORDERS)
        result = staged(packed.getvalue(), tmp_path / str(method))
        assert (result["head"], result["member"], result["choices"]) == (ROWS, "export/orders.csv", [])


def test_titles_above_the_header_are_skipped(tmp_path):
    text = (
        'Campaign report\n"January 1, 2024 - March 31, 2024"\nCampaign,Cost,Clicks\nBrand,10,5\nShoes,20,7\n'
    )
    result = staged(text, tmp_path / "a")
    assert result["header"] == ["Campaign", "Cost", "Clicks"]
    assert records(tmp_path / "a") == [(1, "Brand", "10", "5"), (2, "Shoes", "20", "7")]
    assert (
        staged("Report,,\n\nCampaign,Cost,Clicks\nBrand,10,5\n", tmp_path / "b")["head"][0]["Campaign"]
        == "Brand"
    )


def test_titles_and_a_broken_record(tmp_path):
    result = staged("Campaign report\n\nCampaign,Cost\nBrand,10\nShoes\nHats,3\n", tmp_path)
    assert (result["records"], result["rejected"]) == (3, 1)
    assert result["warnings"][0] | {"record": 2, "line": 5} == result["warnings"][0]


def test_records_that_end_in_a_separator(tmp_path):
    result = staged("id,day,total\n1,a,2,\n2,b,3,\n", tmp_path)
    assert result["header"] == ["id", "day", "total", "Column 4"]
    assert records(tmp_path) == [(1, "1", "a", "2", None), (2, "2", "b", "3", None)]


def test_unusual_line_separators_are_letters(tmp_path):
    """Python's own splitlines would break these lines."""
    result = staged("id,text\n1,a\x0bb\x85c\u2028d\n2,e\n", tmp_path)
    assert records(tmp_path) == [(1, "1", "a\x0bb\x85c\u2028d"), (2, "2", "e")]
    assert result["rejected"] == 0


def test_file_without_header(tmp_path):
    result = staged("1,2024-01-02,10.00\n2,2024-01-03,11.00\n", tmp_path)
    assert result["header"] == ["Column 1", "Column 2", "Column 3"]
    assert result["records"] == 2


def test_columns_apart_by_spaces(tmp_path):
    result = staged(
        " customer_id  date value\r\n 00001 19970101  11.77\r\n 00002 19970112  12.00\r\n", tmp_path
    )
    assert result["head"][0] == {"customer_id": "00001", "date": "19970101", "value": "11.77"}


def test_one_column(tmp_path):
    assert staged("email\nann@example.com\nbob@example.com\n", tmp_path)["records"] == 2


def test_header_over_two_lines(tmp_path):
    result = staged('"Order\nnumber",Total\n1,2\n', tmp_path)
    assert result["header"] == ["Order number", "Total"]
    assert records(tmp_path) == [(1, "1", "2")]


def test_workbook(tmp_path):
    path = tmp_path / "orders.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Empty")
    sheet = book.add_worksheet("Orders")
    sheet.write(0, 0, "Orders of my shop")
    sheet.write_row(2, 0, ["Name", "When", "Day", "Total", "Paid", "Number"])
    sheet.write(3, 0, "#1")
    sheet.write_datetime(
        3, 1, dt.datetime(2024, 1, 2, 3, 4, 5), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    )
    sheet.write_datetime(3, 2, dt.datetime(2024, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_row(3, 3, [0.1 + 0.2, True, 1234567890123])
    sheet.write_row(5, 0, ["#2\nsecond line", "", "", 12.0])
    book.close()
    result = reader.stage({"path": str(path), "folder": str(tmp_path / "staged")})
    assert (result["kind"], result["choices"], result["member"]) == ("xlsx", ["Empty", "Orders"], "Orders")
    assert result["header"] == ["Name", "When", "Day", "Total", "Paid", "Number"]
    assert records(tmp_path) == [
        (1, "#1", "2024-01-02 03:04:05", "2024-01-02", "0.3", "true", "1234567890123"),
        (2, "#2\nsecond line", None, None, "12", None, None),
    ]


def test_parquet_values_stay_exact(tmp_path):
    path = tmp_path / "orders.parquet"
    duckdb.sql(
        "SELECT 18446744073709551615::UBIGINT AS id, 1234567890.1234::DECIMAL(18,4) AS total, "
        "TIMESTAMP '2024-01-02 03:04:05' AS at, DATE '2024-01-02' AS day, 17850.0::DOUBLE AS customer, "
        "0.1::DOUBLE AS price, '' AS empty, NULL::INT AS nothing, 'a'::BLOB AS raw, 7 AS record"
    ).write_parquet(str(path))
    result = reader.stage({"path": str(path), "folder": str(tmp_path / "staged")})
    (values,) = result["head"]
    assert values == {
        "id": "18446744073709551615",
        "total": "1234567890.1234",
        "at": "2024-01-02 03:04:05",
        "day": "2024-01-02",
        "customer": "17850",
        "price": "0.1",
        "empty": None,
        "nothing": None,
        "raw": "a",
        "record (file)": "7",
    }


def test_a_name_with_stars_is_not_a_pattern(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "other.csv").write_text(ORDERS)
    assert staged(ORDERS, tmp_path / "in", name="*.csv")["records"] == 2
    assert staged(ORDERS, tmp_path / "in2", name="orders[1].csv")["records"] == 2


def test_record_numbers_in_parallel_reads(tmp_path):
    """Many buffers and row groups: the number of a record is its place in the file, to the last one. DuckDB's threads
    begin anywhere; a line within a cell that looks like a record must not become one."""
    lines = (f'{n},"line one\nline two, of {n}",{"x" * 40}' for n in range(1, 600_001))
    result = staged("id,text,more\n" + "\n".join(lines) + "\n", tmp_path)
    assert result["records"] == 600_000
    raw = reader.raw_sql(tmp_path / "staged")
    assert duckdb.sql(f"SELECT count(*) FROM ({raw}) WHERE record <> id::BIGINT").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "broken", [[1], [4, 5, 6, 90], [100], list(range(1, 100, 7)), list(range(2, 1000, 3))]
)
@pytest.mark.parametrize("blank", ["", "\n"])
def test_broken_records_keep_their_place(tmp_path, broken, blank):
    """Few broken records are found by DuckDB, many or among blank lines by the careful reader: alike."""
    lines, line, where = ["Report of orders", "id,text,more"], 3, {}
    for n in range(1, 1001):
        where[n] = line
        lines.append(f"{n},short" if n in broken else f'{n},"two\nlines",x{blank if n == 500 else ""}')
        line += 1 if n in broken else 2 + (n == 500 and bool(blank))
    result = staged("\n".join(lines) + "\n", tmp_path)
    assert (result["records"], result["rejected"]) == (1000, len(broken))
    assert [(number, int(row_id)) for number, row_id, *_ in records(tmp_path)] == [
        (n, n) for n in range(1, 1001) if n not in broken
    ]
    rejects = duckdb.read_parquet(str(tmp_path / "staged" / "rejects.parquet")).fetchall()
    assert rejects == [(n, where[n], "too_few_columns", "2", f"{n},short") for n in broken]


CELL = st.text(st.sampled_from('ab1 .-;\n"é'), max_size=6)
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=TABLE, end=st.sampled_from(["\n", "\r\n"]), broken=st.lists(st.integers(0, 8), max_size=3))
def test_what_a_csv_writer_wrote_is_read_back(table, end, broken, tmp_path_factory):
    """Quoted cells come back as written, on the quick road and, beside broken records, on the careful one."""
    out, expected = io.StringIO(), []
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerow(["first", "second", "third"])
    number = 0
    for index, row in enumerate(table):
        if index in broken:
            out.write(f"only one{end}")
            number += 1
        writer.writerow(row)
        number += 1
        expected.append((number, *(cell or None for cell in row)))
    folder = tmp_path_factory.mktemp("read")
    result = staged(out.getvalue(), folder)
    assert records(folder) == expected
    assert result["records"] == number
    assert result["rejected"] == number - len(table)


def test_files_of_others(shared_data, tmp_path):
    exports = shared_data / "exports"
    request = {"path": str(exports / "stripe_payments_semicolon_real.csv"), "folder": str(tmp_path / "a")}
    assert reader.stage(request) | {"records": 622, "rejected": 0, "delimiter": ";"} == reader.stage(request)
    workbook = {
        "path": str(exports / "woocommerce_csv_import_suite_sample.xlsx"),
        "sheet": "Order CSV Minimum",
    }
    assert reader.stage(workbook | {"folder": str(tmp_path / "b")})["member"] == "Order CSV Minimum"
    retail = shared_data / "online_retail" / "online_retail.parquet"
    assert reader.stage({"path": str(retail), "folder": str(tmp_path / "c")})["records"] == 541_909
    master = shared_data / "cdnow" / "cdnow_master.csv.gz"
    assert reader.stage({"path": str(master), "folder": str(tmp_path / "d")})["records"] == 69_659
    reviews = shared_data / "olist" / "olist_order_reviews_dataset.csv"
    assert reader.stage({"path": str(reviews), "folder": str(tmp_path / "e")}) | {
        "records": 8_225,
        "rejected": 0,
    }
