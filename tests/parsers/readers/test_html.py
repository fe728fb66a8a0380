"""Cells of a page as its readers see them."""

from __future__ import annotations

import pytest

from parsers.model import Document, Paragraph, Table
from parsers.readers.html import read


def cells(markup: str) -> list[list[str]]:
    """The texts of the only table among the blocks of a page."""
    document: Document = read(f"<html><body><p>一</p>{markup}</body></html>".encode())
    [table] = [block for block in document.blocks if isinstance(block, Table)]
    return [[cell.text for cell in row] for row in table.rows()]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("<span style='display: none'>8</span>3", "3"),
        ("<del>8</del><ins>3</ins>", "3"),
        ("<s>8</s>3", "3"),
        ("<span style='text-decoration:line-through'>8</span>3", "3"),
        ("12<sup>1</sup>", "12(1)"),
        ("<input type='text' readonly value='12'>", "12"),
        ("<input type='hidden' value='9'>12", "12"),
        ("<table><tr><td>12</td></tr></table>", "12"),
        ("<b><i>12</i></b>", "12"),
    ],
)
def test_a_number_is_what_the_page_shows(cell: str, shown: str) -> None:
    markup = f"<table><tr><td>行政许可</td><td>{cell}</td></tr><tr><td>行政处罚</td><td>7</td></tr></table>"
    assert cells(markup) == [["行政许可", shown], ["行政处罚", "7"]]


def test_notes_are_no_part_of_a_label_and_hidden_cells_take_no_column() -> None:
    markup = (
        "<table><tr><td>科研机构<sup>①</sup></td><td style='display:none'>9</td><td>3</td></tr>"
        "<tr><td>其他</td><td>4</td></tr></table>"
    )
    assert cells(markup) == [["科研机构", "3"], ["其他", "4"]]


def test_an_article_in_a_hidden_field_is_read() -> None:
    field = "&lt;table&gt;&lt;tr&gt;&lt;td&gt;规章&lt;/td&gt;&lt;td&gt;3&lt;/td&gt;&lt;/tr&gt;&lt;/table&gt;"
    assert cells(f"<textarea id='content' style='display:none'>{field}</textarea>") == [["规章", "3"]]


def test_a_table_of_one_column_places_paragraphs() -> None:
    page = (
        "<table><tr><td><b>某县政府2012年年报</b></td></tr><tr><td><p>一、概述</p><p>甲</p></td></tr></table>"
    )
    assert [block.text for block in read(page.encode()).blocks if isinstance(block, Paragraph)] == [
        "某县政府2012年年报",
        "一、概述",
        "甲",
    ]


@pytest.mark.parametrize(
    "script",
    [
        r"""document.write("<table><tr><td>规章<\/td><td>3<\/td><\/tr>\n<\/table>");""",
        r"""document.writeln('<table id="a">' + '<tr><td>\u89c4\u7ae0</td>');"""
        "document.write('<td>3</td></table>')",
        "document.getElementById('x').innerHTML = `<table>\n<tr><td>规章</td><td>3</td></tr></table>`;",
    ],
)
def test_table_that_a_script_writes_is_read(script: str) -> None:
    assert cells(f"<h1>标题</h1><script>var n = 1;\n{script}</script>") == [["规章", "3"]]
