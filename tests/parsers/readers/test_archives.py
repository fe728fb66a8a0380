import struct
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.model import IssueCode, ReadError
from parsers.readers import archives
from parsers.readers.archives import MOST_MEMBERS, is_archive, members


def zip_of(files: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_names(data: bytes, names: dict[bytes, bytes]) -> bytes:
    """The archive with other names of the same length, and without the mark that they are UTF-8."""
    for old, new in names.items():
        assert len(old) == len(new)
        data = data.replace(old, new)
    return data


def flagged(data: bytes, bit: int) -> bytes:
    """The archive of one file with a bit of its flags set, in both of its headers."""
    changed = bytearray(data)
    for place in (6, data.index(b"PK\x01\x02") + 8):
        (flags,) = struct.unpack_from("<H", changed, place)
        struct.pack_into("<H", changed, place, flags | bit)
    return bytes(changed)


def test_members_of_folders_and_of_one_level_of_archives() -> None:
    innermost = zip_of({"c.txt": b"3"})
    inner = zip_of({"部门/b.txt": b"2", "innermost.zip": innermost})
    found = members(zip_of({"2023年/": b"", "2023年/a.html": b"1", "2023年/附件.zip": inner}))
    assert [(member.name, member.data) for member in found] == [
        ("2023年/a.html", b"1"),
        ("2023年/附件.zip!部门/b.txt", b"2"),
        ("2023年/附件.zip!innermost.zip", innermost),
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_chinese_names_without_the_mark_for_utf8(encoding: str) -> None:
    name = "年度报告.doc".encode(encoding)
    placeholder = b"x" * len(name)
    [member] = members(with_names(zip_of({placeholder.decode(): b"1"}), {placeholder: name}))
    assert member.name == "年度报告.doc"


def test_names_are_labels_only() -> None:
    assert [member.name for member in members(zip_of({"../../etc/a.txt": b"1"}))] == ["../../etc/a.txt"]


def test_litter_is_left_out() -> None:
    files = {"__MACOSX/._a.pdf": b"1", "图/Thumbs.db": b"2", ".DS_Store": b"3", "a.pdf": b"4"}
    assert [member.name for member in members(zip_of(files))] == ["a.pdf"]


def test_a_document_that_is_a_zip_is_no_archive() -> None:
    document = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"})
    assert not is_archive(document)
    assert not is_archive(zip_of({"OFD.xml": b"<OFD/>"}))
    assert is_archive(zip_of({"a.docx": document}))
    assert [member.data for member in members(zip_of({"a.docx": document}))] == [document]


def test_encrypted_member_is_named() -> None:
    [member] = members(flagged(zip_of({"a.pdf": b"1"}), 0x1))
    assert (member.name, member.data) == ("a.pdf", b"")
    assert "encrypted" in str(member.error)


def test_broken_member_leaves_the_others() -> None:
    data = bytearray(zip_of({"a.txt": b"1", "b.txt": b"2"}))
    data[data.index(b"a.txt") + 5] ^= 0xFF
    broken, whole = members(bytes(data))
    assert (broken.name, broken.data, whole) == ("a.txt", b"", archives.Member("b.txt", b"2"))
    assert broken.error is not None
    assert broken.error.code is IssueCode.DAMAGED_FILE


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    assert len(members(zip_of({"a": bytes(600), "b": bytes(400)}))) == 2
    for files in ({"a": bytes(600), "b": bytes(401)}, {"a": bytes(600), "b.zip": zip_of({"c": bytes(500)})}):
        with pytest.raises(ReadError, match="1000 bytes"):
            members(zip_of(files))


def test_too_many_files_are_refused() -> None:
    many = {f"{number}.txt": b"" for number in range(MOST_MEMBERS)}
    assert len(members(zip_of(many))) == MOST_MEMBERS
    for files in (many | {"a.txt": b""}, {"a.txt": b"", "b.zip": zip_of(many)}):
        with pytest.raises(ReadError, match="files"):
            members(zip_of(files))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_gives_members_or_a_read_error(data: st.DataObject) -> None:
    whole = zip_of({"年报/a.html": b"<p>1</p>", "b.zip": zip_of({"c.txt": b"3" * 50})})
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        members(bytes(damaged[: data.draw(st.integers(0, len(whole)))]))
    except ReadError as error:
        assert error.code is IssueCode.DAMAGED_FILE
