"""Hanweb: jpage lists (records in a script of type text/xml, further pages from dataproxy.jsp), and the xxgk
module, which keeps one annual report for each department and year."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlencode

from tests.portal import skin
from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_PROXY = "/module/web/jpage/dataproxy.jsp"


class Hanweb(Portal):
    """Addresses that all Hanweb portals have."""

    row_makes = (0, 3, 6)

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/col/col{number}/index.html"

    def column_path(self, column: Column) -> str:
        return f"/col/col{column.number}/index.html"

    def place(self, item: Item, column: Column) -> None:
        day = item.published
        item.path = f"/art/{day.year}/{day.month}/{day.day}/art_{column.number}_{item.number}.html"
        if isinstance(item, Report):
            for file in item.files:
                name = f"{self.hexes(file.number)}.{file.kind}"
                shown = f"&showname={quote(file.name)}" if file.number % 2 else ""
                file.path = f"/module/download/downfile.jsp?classid=0&filename={name}{shown}"
                if file.kind == "jpg":
                    file.path = f"/picture/0/{name}"


class JPage(Hanweb):
    family = "jpage"

    def setup(self) -> None:
        self.unit = self.rng.randrange(10_000, 900_000)
        self.web = self.rng.randrange(1, 3000)

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        size = self.setting.per_page
        items = self.shown(column)
        total = len(items)
        proxy = (
            f"{_PROXY}?page=1&appid=1&webid={self.web}&path=/&columnid={column.number}&unitid={self.unit}"
            f"&webname={self.frame.site_name}&permissiontype=0"
        )
        records = [
            skin.rows([(i.path, i.listed, i.published.isoformat())], self.row_make) for i in items[:size]
        ]
        if self.setting.variant == 1:
            inline = f"<datastore><![CDATA[{''.join(records)}]]></datastore>"
            inline = inline.replace(
                "<datastore>", f'<datastore><nextgroup><![CDATA[<a href="{proxy}"></a>]]></nextgroup>'
            )
        else:
            inner = "\n".join(f"<record><![CDATA[{record}]]></record>" for record in records)
            inline = (
                f'<datastore>\n<nextgroup><![CDATA[<a href="{proxy}"></a>]]></nextgroup>\n'
                f"<recordset>\n{inner}\n</recordset></datastore>"
            )
        body = (
            f'<div id="{self.unit}"><script type="text/xml">{inline}</script></div>'
            f"<script>var param_{self.unit}={{columnid:{column.number},unitid:'{self.unit}'}};"
            f"$('#{self.unit}').jpage({{totalRecord:{total},perPage:{size},proxyUrl:'{_PROXY}'}});</script>"
        )
        if column.children and not items:
            body = ""
        self.put(path, self.column_page(column, body), listing=True)
        self.put_answer(_PROXY, self._proxy)
        self.least += 1 + (0 if total <= size else -(-total // 100))

    def _proxy(self, request: Request) -> Reply:
        form = request.form
        column = next((c for c in self.root.walk() if str(c.number) == form.get("columnid")), None)
        if column is None or form.get("unitid") != str(self.unit):
            return Reply(b"<datastore></datastore>", headers={"Content-Type": "text/xml"})
        items = self.shown(column)
        size = min(int(form.get("perpage") or self.setting.per_page), 300)
        page = int(form.get("page") or 1)
        start = (page - 1) * size
        if self.setting.variant == 2 and form.get("startrecord"):
            start, size = (
                int(form["startrecord"]) - 1,
                int(form.get("endrecord") or 0) - int(form["startrecord"]) + 1,
            )
        elif self.setting.variant == 2:
            start = 0
        chosen = items[start : start + size]
        records = "\n".join(
            f" <record><![CDATA[{skin.rows([(i.path, i.listed, i.published.isoformat())], self.row_make)}]]></record>"
            for i in chosen
        )
        query = urlencode(
            {"page": page + 1, "columnid": column.number, "unitid": self.unit, "webid": self.web}
        )
        text = (
            f"﻿<?xml version='1.0' encoding='UTF-8'?>\n<datastore>\n <totalrecord>{len(items)}</totalrecord>\n"
            f" <totalpage>{-(-len(items) // max(size, 1))}</totalpage>\n"
            f' <nextgroup><![CDATA[<a href="./dataproxy.jsp?{query}"></a>]]></nextgroup>\n'
            f" <recordset>\n{records}\n </recordset>\n</datastore>"
        )
        return Reply(text.encode(), headers={"Content-Type": "text/html;charset=UTF-8"})


class AnnualReports(Hanweb):
    """The xxgk module: tree.jsp gives the departments, xxgkAnnualReport.jsp a report by area and year."""

    family = "xxgk"

    def setup(self) -> None:
        self.areas: dict[str, str] = {}

    def area(self, agency: str) -> str:
        """The department's code: in Shandong its 18-character 统一社会信用代码."""
        if agency not in self.areas:
            rng = self.rng_of("area", agency)
            code = f"11{self.setting.division}{rng.randrange(10**8):08}{rng.randrange(10)}{rng.choice('ABCDEFGHX')}"
            plain = f"{self.setting.division}{len(self.areas) + 1:04}"
            self.areas[agency] = code if self.setting.variant == 0 else plain
        return self.areas[agency]

    @property
    def entry_path(self) -> str:
        return self.section_path("政府信息公开年报", "nb", 17_171)

    def place(self, item: Item, column: Column) -> None:
        super().place(item, column)
        if isinstance(item, Report):
            item.path = f"/module/xxgk/xxgkAnnualReport.jsp?area={self.area(item.agency)}&fbtime={item.year}"

    def put_column(self, column: Column) -> None:
        if column is not self.root:
            return
        by_area: dict[str, dict[int, Report]] = {}
        for report in self.reports:
            by_area.setdefault(self.area(report.agency), {})[report.year] = report
        names = {area: next(iter(reports.values())).agency for area, reports in by_area.items()}
        links = "".join(
            f"<li><a href='/module/xxgk/xxgkAnnualReport.jsp?area={area}&fbtime={max(by_area[area])}' title='{escape(name)}'>"
            f"{escape(name)}</a></li>"
            for area, name in names.items()
        )
        tree = f"<ul class='tree'>{links}</ul>"
        frame = "<iframe src='/module/xxgk/tree.jsp?area=' width='220' height='900' frameborder='0'></iframe>"
        body = f"{frame if self.setting.variant else tree}<div id='nb'>请选择部门查看政府信息公开年报</div>"
        title = "政府信息公开年报-" + self.frame.site_name
        self.put(
            self.entry_path,
            self.frame.page(title, body, meta={"ColumnName": "政府信息公开年报"}),
            listing=True,
        )
        self.put("/module/xxgk/tree.jsp", f"<html><body>{tree}</body></html>", listing=True)
        self._years = by_area
        self.put_answer("/module/xxgk/xxgkAnnualReport.jsp", self._report)
        self.least += 2 if self.setting.variant else 1

    def put_report(self, address: str, report: Report, column: Column) -> None:
        """Served by `_report`."""

    def _report(self, request: Request) -> Reply:
        area, year = request.query.get("area", ""), request.query.get("fbtime", "")
        reports = self._years.get(area, {})
        report = reports.get(int(year)) if year.isdigit() else None
        years = "".join(
            f"<a href='/module/xxgk/xxgkAnnualReport.jsp?area={area}&fbtime={y}'>{y}年</a> "
            for y in sorted(reports)
        )
        text = f"<div class='years'>{years}</div>" if self.setting.variant == 0 else ""
        if report is not None:
            text += (
                f"<h1>{escape(report.title)}</h1><div id='nbnr'>{self.text_of(report, request.path)}</div>"
            )
        reply = Reply(self.encode(self.frame.page("信息公开年报", text)), 200, self.html_headers())
        reply.validators = self.setting.validators
        return reply
