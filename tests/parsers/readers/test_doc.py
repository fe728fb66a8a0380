"""The files were written by LibreOffice: `structures.doc` from a .docx of what `structures.json` tells, with
a tracked deletion and hidden text besides; `report_2021.doc` from a page with the form of 2021, with the
numbers of `report_2021.json`."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.model import Block, Document, Geometry, IssueCode, Paragraph, ReadError, Table
from parsers.parse import read_report
from parsers.readers.doc import read

FILES = Path(__file__).parent / "files"
STRUCTURES = (FILES / "structures.doc").read_bytes()
REPORT = (FILES / "report_2021.doc").read_bytes()

TRUTH = json.loads((FILES / "structures.json").read_text())


def shown(block: Block) -> list[object]:
    """A paragraph as text and level, a table as its cells: row, column, rowspan, colspan and text."""
    if isinstance(block, Paragraph):
        return [block.text, block.level]
    assert block.geometry is Geometry.GRID
    return [[cell.row, cell.column, cell.rowspan, cell.colspan, cell.text] for cell in block.cells]


def patched(data: bytes, folder: Path, change: Callable[[dict[str, bytearray]], None]) -> bytes:
    """The document with its streams changed in place."""
    path = folder / "patched.doc"
    path.write_bytes(data)
    with olefile.OleFileIO(path, write_mode=True) as container:
        streams = {name: bytearray(container.openstream(name).read()) for name in ("WordDocument", "1Table")}
        change(streams)
        for name, stream in streams.items():
            container.write_stream(name, bytes(stream))
    return path.read_bytes()


def test_every_structure_comes_out_as_printed() -> None:
    document = read(STRUCTURES)
    assert document.meta["title"] == TRUTH["title"]
    assert [shown(block) for block in document.blocks] == [*TRUTH["body"], *TRUTH["end"], *TRUTH["box"]]


def test_report_states_every_cell() -> None:
    truth = json.loads((FILES / "report_2021.json").read_text())
    report = read_report(read(REPORT), "report_2021.doc")
    assert (report.agency, report.report_year) == ("金昌市工业和信息化局", 2023)
    assert {name: cell.value for name, cell in report.cells.items()} == truth
    assert not report.issues


@pytest.mark.parametrize("deleted", [1, 0x81], ids=["outright", "against the style"])
def test_text_follows_the_pieces_of_a_fast_save(tmp_path: Path, deleted: int) -> None:
    """The count is overwritten by a piece of 8-bit text, the last paragraph is a piece marked as deleted."""

    def change(streams: dict[str, bytearray]) -> None:
        main, table = streams["WordDocument"], streams["1Table"]
        (length,) = struct.unpack_from("<I", main, 0x4C)
        (boxes,) = struct.unpack_from("<I", main, 0x64)
        begin = struct.unpack_from("<I", main, 0x18)[0]
        number = (main.index("21件".encode("utf-16-le"), begin) - begin) // 2
        last = (main.index("落款".encode("utf-16-le"), begin) - begin) // 2
        main[begin + 2 * number : begin + 2 * number + 2] = b"42"
        places = [0, number, number + 2, last, length, length + boxes + 1]
        pieces = [
            (begin, 0),
            (2 * (begin + 2 * number) | 0x40000000, 0),
            (begin + 2 * (number + 2), 0),
            (begin + 2 * last, 0x41 << 1 | deleted << 8),
            (begin + 2 * length, 0),
        ]
        plc = struct.pack("<6I", *places) + b"".join(struct.pack("<HIH", 0, fc, prm) for fc, prm in pieces)
        clx = struct.pack("<BI", 2, len(plc)) + plc
        # In the place of the style sheet, which is taken out.
        table[: len(clx)] = clx
        struct.pack_into("<II", main, 0x1A2, 0, len(clx))
        struct.pack_into("<II", main, 0xA2, 0, 0)

    document = read(patched(STRUCTURES, tmp_path, change))
    expected = [
        [item[0], None] if isinstance(item[0], str) else item for item in [*TRUTH["body"], *TRUTH["box"]]
    ]
    expected[1] = ["新收42件", None]
    assert [shown(block) for block in document.blocks] == expected


def test_row_without_definition_is_no_grid(tmp_path: Path) -> None:
    """Where a row's definition does not fit its cells, their order is all that is claimed."""

    def change(streams: dict[str, bytearray]) -> None:
        main = streams["WordDocument"]
        definition = struct.pack("<HHB", 0xD608, 2 + 3 * 2 + 2 * 20, 2)
        place = main.index(definition)
        main[place + 4] = 1

    found = [b for b in read(patched(STRUCTURES, tmp_path, change)).blocks if isinstance(b, Table)]
    broken = next(table for table in found if table.geometry is Geometry.SEQUENCE)
    assert [cell.text for cell in broken.cells][:2] == ["合并(0, 0)", "合并(0, 2)"]


def fib(place: int, layout: str, value: int) -> Callable[[dict[str, bytearray]], None]:
    def change(streams: dict[str, bytearray]) -> None:
        struct.pack_into(layout, streams["WordDocument"], place, value)

    return change


def test_encrypted_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="encrypted") as error:
        read(patched(STRUCTURES, tmp_path, fib(0x0B, "<B", 0x13)))
    assert error.value.code is IssueCode.DAMAGED_FILE


def test_word_95_is_another_format(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="older than Word 97") as error:
        read(patched(STRUCTURES, tmp_path, fib(2, "<H", 0x68)))
    assert error.value.code is IssueCode.UNKNOWN_FORMAT


def test_other_ole2_files_are_another_format() -> None:
    workbook = STRUCTURES.replace("WordDocument".encode("utf-16-le"), "XlsWorkbooks".encode("utf-16-le"))
    with pytest.raises(ReadError, match="without a Word document") as error:
        read(workbook)
    assert error.value.code is IssueCode.UNKNOWN_FORMAT


POINTERS = [0x4C, 0x64, 0xA2, 0xA6, 0xFA, 0xFE, 0x102, 0x106, 0x1A2, 0x1A6, 0x2E2, 0x2EA]
"""Counts, offsets and sizes in the FIB that lead the reader."""


@pytest.mark.parametrize("place", POINTERS)
@pytest.mark.parametrize("value", [0x7FFFFFFF, 0xFFFFFFFF])
def test_offsets_and_sizes_out_of_the_file_are_damage(tmp_path: Path, place: int, value: int) -> None:
    with pytest.raises(ReadError) as error:
        read(patched(STRUCTURES, tmp_path, fib(place, "<I", value)))
    assert error.value.code is IssueCode.DAMAGED_FILE


def test_sector_chains_without_end_are_refused() -> None:
    data = bytearray(STRUCTURES)
    (fat,) = struct.unpack_from("<I", data, 76)
    struct.pack_into("<128I", data, 512 * (fat + 1), *range(128))
    with pytest.raises(ReadError):
        read(bytes(data))


@pytest.mark.parametrize("place", [30, 44, 64, 72])
def test_header_with_huge_numbers_is_damage(place: int) -> None:
    data = bytearray(STRUCTURES)
    data[place : place + 2] = b"\xff\x7f"
    with pytest.raises(ReadError) as error:
        read(bytes(data))
    assert error.value.code is IssueCode.DAMAGED_FILE


@given(st.integers(0, len(STRUCTURES) - 1))
@settings(max_examples=60, deadline=None)
def test_cut_file_is_refused_or_whole(length: int) -> None:
    try:
        document = read(STRUCTURES[:length])
    except ReadError:
        return
    assert document == read(STRUCTURES)


@given(
    st.lists(st.tuples(st.integers(0, len(STRUCTURES) - 4), st.binary(min_size=1, max_size=4)), max_size=20)
)
@settings(max_examples=100, deadline=None)
def test_overwritten_file_is_read_or_refused(changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(STRUCTURES)
    for place, value in changes:
        data[place : place + len(value)] = value
    try:
        assert isinstance(read(bytes(data)), Document)
    except ReadError as error:
        assert error.code in (IssueCode.DAMAGED_FILE, IssueCode.UNKNOWN_FORMAT)
