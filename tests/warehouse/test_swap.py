"""A directory is replaced whole, whatever happens on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse import swap


def fill(directory: Path, text: str) -> None:
    with swap.replacing(directory) as following:
        (following / "a.txt").write_text(text)


@pytest.fixture(params=["exchange", "two renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of replacing; the second is that of file systems without an exchange."""
    if request.param == "two renames":
        monkeypatch.setattr(swap, "_exchange", lambda *_: False)


@pytest.mark.usefixtures("way")
def test_the_new_directory_stands_where_the_old_one_stood(tmp_path: Path) -> None:
    fill(tmp_path / "d", "old")
    fill(tmp_path / "d", "new")
    assert (tmp_path / "d" / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


@pytest.mark.usefixtures("way")
def test_a_reader_that_has_opened_a_file_reads_it_to_its_end(tmp_path: Path) -> None:
    fill(tmp_path / "d", "old")
    with (tmp_path / "d" / "a.txt").open() as reader:
        fill(tmp_path / "d", "new")
        assert reader.read() == "old"


@pytest.mark.usefixtures("way")
def test_an_error_while_filling_leaves_the_old_directory_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path / "d", "old")
    with pytest.raises(RuntimeError), swap.replacing(tmp_path / "d") as following:
        (following / "a.txt").write_text("half")
        raise RuntimeError
    assert (tmp_path / "d" / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_a_run_that_died_between_two_renames_is_taken_back(tmp_path: Path) -> None:
    fill(tmp_path / "d", "old")
    (tmp_path / "d").rename(tmp_path / "d.old")
    (tmp_path / "d.next").mkdir()
    swap.recover(tmp_path / "d")
    assert (tmp_path / "d" / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_this_machine_exchanges_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "other"):
        fill(tmp_path / name, name)
    if not swap._exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("the file system of the temporary directory has no RENAME_EXCHANGE")
    assert (tmp_path / "one" / "a.txt").read_text() == "other"
    assert (tmp_path / "other" / "a.txt").read_text() == "one"
