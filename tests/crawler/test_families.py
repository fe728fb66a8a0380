"""What the families read from list and article pages."""

from __future__ import annotations

import pytest

from crawler.families import families, family_of
from crawler.page import Page

BASE = "http://a.gov.cn/xxgk/nb/"


def next_page(markup: str, url: str = BASE) -> tuple[str, ...]:
    page = Page(url, markup)
    return family_of(page).read_list(page).next_pages


def guesses(markup: str, url: str = BASE) -> tuple[str, ...]:
    page = Page(url, markup)
    return family_of(page).read_list(page).guesses


@pytest.mark.parametrize(
    ("script", "url", "expected"),
    [
        ('createPageHTML(3, 0, "index", "html");', BASE, "index_1.html"),
        ("createPageHTML('page_div',5, 1,'fg','shtml',89);", BASE + "fg_1.shtml", "fg_2.shtml"),
        ("createPage(3, 2, 'index', 'html')", BASE + "index_2.html", None),
        ("createPageHTML(3, 0, 'index', 'html')", BASE + "index_1.html", "index_2.html"),
        (
            'function createPageHTML(_nPageCount, n) {} createPageHTML(2, 0, "index", "htm");',
            BASE,
            "index_1.htm",
        ),
        (
            'var countPage = 4; document.write(\'<a href="index\'+"_"+nextPage+"."+\'html">\');',
            BASE,
            "index_1.html",
        ),
        ("Pager({size:2, current:0, prefix:'list', suffix:'html'});", BASE, "list_1.html"),
        ('createPageHTML(1, 0, "index", "html");', BASE, None),
    ],
)
def test_trs_pager_scripts(script, url, expected):
    markup = f"<html><body><script>{script}</script></body></html>"
    # From page 1 on it is only likely that the names count from 0.
    found = next_page(markup, url) or (guesses(markup) if url == BASE else ())
    assert found[:1] == ((BASE + expected,) if expected else ())


def test_linked_next_page_is_surer_than_the_script():
    markup = '<a href="list_2.html">下一页</a><script>createPageHTML(3, 0, "index", "html");</script>'
    assert next_page(markup) == (BASE + "list_2.html",)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<a href="?page=2">下一页</a>', ["?page=2"]),
        ('<a href="2.html"> 下页 &gt; </a>', ["2.html"]),
        ('<div><a href="javascript:go(2)">下一页</a></div>', []),
        (
            '<ul><li>1</li><li><a href="2.html">2</a></li><li><a href="3.html">3</a></li></ul>',
            ["2.html", "3.html"],
        ),
        ('<a href="#">下一页</a> <a href="/news/">更多</a>', []),
        ('<a href="list-2.html"><img src="next.gif" alt="下一页"></a>', ["list-2.html"]),
        (
            '<select><option value="index.htm">第1页<option value="index_1.htm">第2页</select>',
            ["index.htm", "index_1.htm"],
        ),
        ('<select><option value="/news/">2023<option value="/bm/">2022</select>', []),
        ('<select><option value="1">1<option value="2">2</select>', []),
    ],
)
def test_generic_follows_what_the_pager_links(markup, expected):
    assert next_page(f"<html><body>{markup}</body></html>") == tuple(BASE + path for path in expected)


def attachments(markup: str) -> dict[str, str]:
    page = Page(BASE + "t1.html", f"<html><body>{markup}</body></html>")
    return {link.url.removeprefix(BASE): link.title for link in family_of(page).attachments(page)}


def test_attachments_wherever_they_are_named():
    assert attachments(
        """<div class="header"><a href="manual.pdf">使用手册</a></div>
        <a href="./P020.pdf" title="年报全文.pdf">年报…</a> <a href="/news/1.html">新闻</a>
        <a href="viewer.html?file=%2Fxxgk%2Fnb%2Fa.pdf">在线查看</a>
        <a href="downfile.jsp?classid=0&amp;filename=b.docx">下载</a>
        <iframe src="c.pdf"></iframe> <span onclick="window.open('d.xlsx')">附表</span>
        <div id="pdfshow" data-value="e.pdf"></div>
        <script>document.write("<a href='f.wps'>附件<\\/a>");</script>
        <script>var text = "<a href=\\"h.docx\\">附件</a>"; document.write(text);</script>"""
    ) == {
        "P020.pdf": "年报全文.pdf",
        "a.pdf": "在线查看",
        "downfile.jsp?classid=0&filename=b.docx": "下载",
        "c.pdf": "",
        "d.xlsx": "附表",
        "e.pdf": "",
        "f.wps": "附件",
        "h.docx": "",
    }


def test_images_are_fetched_where_the_text_is_not_there():
    picture = '<img src="/logo.png"><div class="TRS_Editor"><img src="P01.jpg">{}</div>'
    assert "P01.jpg" in attachments(picture.format(""))
    assert attachments(picture.format("<p>一、总体情况</p><p>二、主动公开政府信息情况</p>")) == {}


def test_list_rows_give_full_title_and_date():
    page = Page(
        BASE,
        """<ul><li><a href="a.html" title="甲局2023年政府信息公开工作年度报告">甲局2023年…</a>
        <span>2024-01-19</span></li>
        <li><a href="b.html">乙局<br>2022年政府信息公开年报 <span>2023年1月5日</span></a></li></ul>""",
    )
    first, second = page.links
    assert (first.title, first.date) == ("甲局2023年政府信息公开工作年度报告", "2024-01-19")
    assert second.date == "2023-01-05"


def test_links_below_markup_that_libxml2_gives_up_on():
    deep = "<div>" * 400 + '<a href="deep.html">深</a>'
    assert BASE + "deep.html" in [link.url for link in Page(BASE, deep).links]


def test_every_page_has_a_family_and_the_registry_may_force_one():
    page = Page(BASE, "")
    assert family_of(page).NAME == "generic"
    assert family_of(page, "trs").NAME == "trs"
    assert list(families())[-1] == "generic"


def test_queries_are_sent_in_the_encoding_of_the_page():
    meta = "<meta http-equiv='Content-Type' content='text/html; charset=gb2312'>"
    page = Page(BASE, f"<html><head>{meta}</head><body><a href='l.asp?c=年报&_=1'>下一页</a></body></html>")
    assert family_of(page).read_list(page).next_pages == (BASE + "l.asp?c=%C4%EA%B1%A8",)
