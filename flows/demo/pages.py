"""The portal's web pages: home, list and article pages in the markup that portals and their editors write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape

from flows.demo.editors import EDITORS
from flows.demo.reports import FILES, DemoReport, DemoSite, load_reports

PAGE_SIZE = 4
BAIT_YEAR = 2020
NOTICE = "演示站点：机构、文字与数字均为虚构"
ROBOTS = "User-agent: *\nDisallow: /internal/\n"
FILE_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What the server answers for one path."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class _Item:
    """An entry of the list."""

    title: str
    published: date
    path: str
    content: str


def site_pages(site: DemoSite) -> dict[str, Resource]:
    """Every path of a site with what is there."""
    reports = [report for report in load_reports() if report.site == site]
    items = [_report_item(report) for report in reports]
    items += [_Item(decoy.title, decoy.published, "", _decoy(decoy.title)) for decoy in site.decoys]
    items.sort(key=lambda item: item.published, reverse=True)
    items = [replace(item, path=_path(site, item, number)) for number, item in enumerate(items, start=1001)]
    items.append(_bait(reports[0]))

    pages = _home_pages(site) | _list_pages(site, items)
    for item in items:
        pages[item.path] = _article(site, item)
    answers = {path: _html(site, page) for path, page in pages.items()}
    for report in (report for report in reports if report.file_name):
        answers[f"{site.column}files/{report.file_name}"] = Resource(_file(report), FILE_TYPES[report.medium])
    return answers | {"/robots.txt": Resource(ROBOTS.encode(), "text/plain")}


def _html(site: DemoSite, page: str) -> Resource:
    """The encoded page. The site in GBK is one of those that name their charset in the page alone."""
    if site.charset == "utf-8":
        return Resource(page.encode(), "text/html; charset=utf-8")
    return Resource(page.encode(site.charset), "text/html")


# Pages around the reports


def _page(site: DemoSite, title: str, content: str, meta: str = "") -> str:
    charset = "gb2312" if site.charset == "gb18030" else site.charset
    return (
        "<!DOCTYPE html>\n<html>\n<head>\n"
        f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        f'<title>{escape(title)}_{site.agency}</title>\n<meta name="SiteName" content="{site.agency}">\n'
        f'<meta name="SiteDomain" content="{site.id}">\n{meta}</head>\n<body>\n'
        f'<div class="header"><a href="/">{site.agency}</a></div>\n{content}\n'
        f'<div class="footer">{NOTICE}</div>\n</body>\n</html>\n'
    )


def _home_pages(site: DemoSite) -> dict[str, str]:
    menu = (
        '<ul class="nav"><li><a href="/">首页</a></li><li><a href="/news/">工作动态</a></li>'
        '<li><a href="/zwgk/">政务公开</a></li></ul>'
    )
    guide = (
        '<ul class="menu"><li><a href="/zwgk/guide.html">政府信息公开指南</a></li>'
        f'<li><a href="{site.column}" title="政府信息公开年报">政府信息<br>公开年报</a></li></ul>'
    )
    news = "<p>示例广场周末开放，欢迎参观。</p>"
    return {
        "/": _page(site, "首页", menu + news),
        "/news/": _page(site, "工作动态", menu + news),
        "/zwgk/": _page(site, "政务公开", menu + guide),
        "/zwgk/guide.html": _page(site, "政府信息公开指南", "<p>申请人可以书面提出政府信息公开申请。</p>"),
    }


def _path(site: DemoSite, item: _Item, number: int) -> str:
    day = item.published
    if site.list == "trs":
        return f"{site.column}{day:%Y%m}/t{day:%Y%m%d}_{number}.html"
    return f"{site.column}content_{number}.html"


def _list_pages(site: DemoSite, items: Sequence[_Item]) -> dict[str, str]:
    """The list of the column, page by page."""
    chunks = [items[start : start + PAGE_SIZE] for start in range(0, len(items), PAGE_SIZE)]
    pages = {}
    for number, chunk in enumerate(chunks):
        entries = "\n".join(
            f'<li><a href="{item.path.replace(site.column, "./", 1)}" title="{item.title}">'
            f"{_cut(item.title)}</a><span>{item.published}</span></li>"
            for item in chunk
        )
        content = f'<h2>政府信息公开年报</h2>\n<ul class="list">\n{entries}\n</ul>\n'
        content += _pager(site, number, len(chunks))
        meta = '<meta name="ColumnName" content="政府信息公开年报">\n'
        pages[_list_path(site, number)] = _page(site, "政府信息公开年报", content, meta)
    pages[site.column + "index.html"] = pages[site.column]
    return pages


def _cut(title: str) -> str:
    """A title as lists print it: too long ones are cut and stand whole in the attribute alone."""
    return title if len(title) <= 24 else title[:24] + "…"


def _list_path(site: DemoSite, number: int) -> str:
    if number == 0:
        return site.column
    return site.column + (f"index_{number}.html" if site.list == "trs" else f"list_{number + 1}.html")


def _pager(site: DemoSite, number: int, pages: int) -> str:
    if site.list == "trs":
        return f'<script type="text/javascript">createPageHTML({pages}, {number}, "index", "html");</script>'
    links = [f"<span>第{number + 1}页/共{pages}页</span>"]
    if number:
        links.append(f'<a href="{_list_path(site, number - 1)}">上一页</a>')
    if number + 1 < pages:
        links.append(f'<a href="{_list_path(site, number + 1)}">下一页</a>')
    return f'<div class="pages">{" ".join(links)}</div>'


def _article(site: DemoSite, item: _Item) -> str:
    meta = (
        f'<meta name="ArticleTitle" content="{item.title}">\n'
        f'<meta name="PubDate" content="{item.published} 09:30">\n'
        f'<meta name="ContentSource" content="{site.agency}">\n'
    )
    head = (
        f'<div class="crumbs"><a href="{site.column}">政府信息公开年报</a></div>\n<h1>{item.title}</h1>\n'
        f'<div class="info">发布时间：{item.published} 来源：{site.agency}</div>\n'
    )
    return _page(site, item.title, f'{head}<div id="zoom">\n{item.content}\n</div>', meta)


def _decoy(title: str) -> str:
    return f"<p>{title}。</p>\n<p>全年合计 128 项，同比增加 6 项。</p>"


def _bait(report: DemoReport) -> _Item:
    """A whole report of a year that the site does not publish, where robots.txt forbids to go."""
    title = f"{report.site.agency}{BAIT_YEAR}年政府信息公开工作年度报告"
    return _Item(title, report.published, f"/internal/{BAIT_YEAR}.html", _report_html(report))


# Reports


def _report_item(report: DemoReport) -> _Item:
    if report.file_name:
        content = (
            f"<p>{report.title}全文见附件。</p>\n"
            f'<p>附件：<a href="files/{report.file_name}">{report.title}.{report.medium}</a></p>'
        )
    else:
        content = _report_html(report)
    return _Item(report.title, report.published, "", content)


def _report_html(report: DemoReport) -> str:
    editor = EDITORS[report.medium]
    parts = []
    for heading, content in report.contents():
        parts.append(editor.paragraph(heading))
        if isinstance(content, str):
            parts += [editor.paragraph(line) for line in content.splitlines()]
        else:
            parts.append(editor.table(content))
    return f'<div class="{editor.container}">\n' + "\n".join(parts) + "\n</div>"


def _file(report: DemoReport) -> bytes:
    if report.medium == "txt":
        return _report_text(report).encode("gb18030")
    return (FILES / report.file_name).read_bytes()


def _report_text(report: DemoReport) -> str:
    """The report as word processors save it as text: one cell a line, a blank line after each row."""
    lines = [report.title, ""]
    for heading, content in report.contents():
        lines += [heading, ""]
        if isinstance(content, str):
            lines += [*content.splitlines(), ""]
            continue
        for row in content:
            lines += [*("\t" + cell.text.replace("|", "") for cell in row), ""]
    return "\r\n".join(lines)
