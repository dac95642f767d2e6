"""From a stranger's bytes to a UTF-8 text file: what kind of file it is, unpacking, encoding.

Part of the reading child: standard library only. Everything is told from the content, nothing from the name.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

CHUNK = 1 << 20
LONGEST_LINE = 4 << 20
"""Bytes without a line end after which a file is no table."""
SAMPLE = 4 << 20
BOMB_RATIO = 200
"""An order export packs 5 to 30 times smaller; nothing honest packs this well over this many bytes."""
BOMB_FLOOR = 50 << 20

Tick = Callable[[float, str], None]


class Fault(Exception):
    """Why a file cannot be read: a code and its facts. `data.opening` makes the sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(f"{code} {facts}")
        self.code = code
        self.facts = facts


@dataclass
class Scan:
    """What one pass over a file's bytes says."""

    size: int = 0
    line_ends: int = 0
    utf8: bool = True
    zero_line: int | None = None
    long_line: int | None = None


def magic(path: Path) -> str:
    """What the first bytes say: gzip, zip, xls, parquet, text, empty, or a kind that is no table."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        return "empty"
    for signature, kind in (
        (b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"PAR1", "parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"), (b"%PDF", "PDF"), (b"\x89PNG", "PNG picture"),
        (b"\xff\xd8\xff", "JPEG picture"), (b"GIF8", "GIF picture"), (b"SQLite format 3", "SQLite database"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"), (b"Rar!", "RAR archive"), (b"BZh", "bzip2 archive"),
        (b"\xfd7zXZ", "xz archive"), (b"\x28\xb5\x2f\xfd", "Zstandard archive"), (b"\x7fELF", "program"),
        (b"{\\rtf", "RTF document"),
    ):  # fmt: skip
        if start.startswith(signature):
            return kind
    text = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype", b"<html")):
        return "web page (HTML)"
    if text.startswith(b"<?xml"):
        return "XML file"
    if re.match(rb'\{\s*"|\[\s*[\[{]', text):
        return "JSON file"
    return "text"


def sha256(path: Path) -> str:
    """The file's checksum. In pieces large enough that another thread has the interpreter to itself meanwhile."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(8 * CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def scan(path: Path, tick: Tick) -> Scan:
    """One pass: line ends, whether it is UTF-8, the first zero byte, a line that never ends."""
    found = Scan(size=path.stat().st_size)
    decoder, since_line_end, carriage = codecs.getincrementaldecoder("utf-8")(), 0, 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            if found.utf8 and (not chunk.isascii() or decoder.getstate()[0]):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    found.utf8 = False
            ends = chunk.count(b"\n")
            if not ends:
                carriage += chunk.count(b"\r")
                since_line_end = 0 if b"\r" in chunk else since_line_end + len(chunk)
            else:
                since_line_end = len(chunk) - chunk.rfind(b"\n") - 1
            if since_line_end > LONGEST_LINE and found.long_line is None:
                found.long_line = found.line_ends + 1
            if found.zero_line is None and (at := chunk.find(b"\0")) >= 0:
                found.zero_line = found.line_ends + chunk.count(b"\n", 0, at) + 1
            found.line_ends += ends
            tick(file.tell() / max(found.size, 1), "reading")
    if found.utf8 and decoder.getstate()[0]:
        found.utf8 = False
    found.line_ends = found.line_ends or carriage
    return found


def _bounded(
    pieces: Iterator[bytes], target: BinaryIO, packed: int, most: int, tick: Tick, done: Callable[[], float]
) -> None:
    """Write unpacked pieces; stop as soon as they are more than an honest file could hold."""
    written = 0
    for piece in pieces:
        written += len(piece)
        if written > BOMB_FLOOR and written > BOMB_RATIO * max(packed, 1):
            raise Fault("bomb", packed=packed, unpacked=written)
        if written > most:
            raise Fault("too_large_unpacked", limit=most)
        target.write(piece)
        tick(done(), "unpacking")


def gunzip(path: Path, target: Path, most: int, tick: Tick) -> None:
    """Unpack a gzip file of one or more members. Raises Fault: bomb, damaged_archive, too_large_unpacked."""
    size = path.stat().st_size
    with path.open("rb") as source, target.open("wb") as out:

        def pieces() -> Iterator[bytes]:
            inflate, data = zlib.decompressobj(31), source.read(CHUNK)
            while data:
                yield inflate.decompress(data, CHUNK)
                data = inflate.unconsumed_tail
                if inflate.eof:
                    data = inflate.unused_data.lstrip(b"\0") or source.read(CHUNK).lstrip(b"\0")
                    if data and not data.startswith(b"\x1f"):
                        return  # padding behind the last member is common and harmless
                    inflate = zlib.decompressobj(31) if data else inflate
                elif not data:
                    data = source.read(CHUNK)
            if not inflate.eof:
                raise Fault("damaged_archive", kind="gzip")

        try:
            _bounded(pieces(), out, size, most, tick, lambda: source.tell() / max(size, 1))
        except zlib.error as error:
            raise Fault("damaged_archive", kind="gzip") from error


def zip_kind(path: Path) -> str:
    """ "xlsx" for a workbook, the kind for other office files, "zip" for a plain archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:10_000])
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise Fault("damaged_archive", kind="zip") from error
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.startswith("word/") for name in names):
        return "Word document"
    return "OpenDocument file" if "mimetype" in names and "content.xml" in names else "zip"


def unzip(path: Path, target: Path, member: str | None, most: int, tick: Tick) -> tuple[str, list[str]]:
    """Unpack one member to `target` (its own name is never used as a path). Returns its name and all names.

    Raises Fault: unsafe_names, encrypted, empty_archive, choose_member, no_such_member, bomb,
    damaged_archive, too_large_unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            for entry in entries:
                parts = re.split(r"[/\\]", entry.filename)
                if ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", entry.filename):
                    raise Fault("unsafe_names", member=entry.filename)
            files = {
                e.filename: e
                for e in entries
                if e.file_size
                and not e.filename.startswith("__MACOSX/")
                and not Path(e.filename).name.startswith(".")
            }
            if not files:
                raise Fault("empty_archive")
            if member is None and len(files) > 1:
                raise Fault("choose_member", choices=sorted(files))
            chosen = files.get(member or next(iter(files)))
            if chosen is None:
                raise Fault("no_such_member", member=member, choices=sorted(files))
            if chosen.flag_bits & 1:
                raise Fault("encrypted")
            with archive.open(chosen) as source, target.open("wb") as out:
                _bounded(
                    iter(lambda: source.read(CHUNK), b""), out, chosen.compress_size, most, tick,
                    lambda: out.tell() / max(chosen.file_size, 1),
                )  # fmt: skip
            return chosen.filename, sorted(files)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        ValueError,
        LookupError,
        OSError,
    ) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise
        raise Fault("damaged_archive", kind="zip") from error


def encoding_of(path: Path, found: Scan) -> str:
    """The encoding: a byte order mark, UTF-16 by its zero bytes, UTF-8 if valid, else what the letters say.

    Raises Fault zero_bytes for a file with zero bytes that is not UTF-16.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        for bom, name in (
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
        ):
            if start.startswith(bom):
                return name
        if found.zero_line is not None:
            even, odd = start[::2].count(0), start[1::2].count(0)
            most = len(start) / 2
            if odd > 0.4 * most and even < 0.1 * most:
                return "utf-16-le"
            if even > 0.4 * most and odd < 0.1 * most:
                return "utf-16-be"
            raise Fault("zero_bytes", line=found.zero_line)
        if found.utf8:
            return "utf-8"
        high = re.compile(rb"[\x80-\xff]+")
        runs = high.findall(start)
        while not runs and (chunk := file.read(SAMPLE)):
            runs, start = high.findall(chunk), chunk
    return _by_letters(start, runs)


def _by_letters(text: bytes, runs: list[bytes]) -> str:
    """UTF-8 with a few broken places, Cyrillic (letters stand together) or Western (accents stand alone)."""
    read = text.decode("utf-8", errors="replace")
    broken = read.count("�")
    if broken <= 0.1 * sum(len(run) for run in runs) / 2:
        return "utf-8"
    letters = sum(len(run) for run in runs)
    together = sum(len(run) for run in runs if len(run) >= 2)
    if together > 0.6 * letters and sum(sum(byte >= 0xC0 for byte in run) for run in runs) > 0.7 * letters:
        return "cp1251"
    controls = {byte for run in runs for byte in run if byte < 0xA0}
    if not controls or controls & {0x81, 0x8D, 0x8F, 0x90, 0x9D}:
        return "latin-1"
    return "cp1252"


def to_utf8(path: Path, target: Path, encoding: str, tick: Tick) -> int:
    """Write `path` again as UTF-8. Returns how many characters could not be read and became U+FFFD."""
    size, lost = path.stat().st_size, 0
    try:
        decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)(
            errors="replace"
        )
    except LookupError as error:
        raise Fault("no_such_encoding", encoding=encoding) from error
    with path.open("rb", buffering=0) as source, target.open("wb") as out:
        while True:
            chunk = source.read(CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            lost += text.count("�")
            out.write(text.encode("utf-8", errors="replace"))
            if not chunk:
                return lost
            tick(source.tell() / max(size, 1), "translating")
