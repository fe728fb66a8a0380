"""龙讯 LSCMS: /public/column/ORGAN?type=3 is a shell, the list a fragment of /site/label/8888."""

from __future__ import annotations

from tests.portal import skin
from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_LABEL = "/site/label/8888"
_NOTHING = "暂无相关信息"


class LSCMS(Portal):
    """`variant`: 0 the script names the fragment's whole address, 1 it posts an object of parameters, 2 the first
    page is in the HTML already."""

    family = "lscms"
    row_makes = (0, 1, 3)

    def setup(self) -> None:
        self.site_id = self.rng.randrange(10**6, 6 * 10**7)

    def section_path(self, title: str, slug: str, number: int) -> str:
        return f"/public/column/{number}?type=2" if title == "政府信息公开指南" else f"/{slug}/index.html"

    def organ(self, column: Column) -> int:
        """The organ whose list this is: a column of its own, or that of the portal."""
        return (
            7000 + column.number % 900_000
            if column.organ or column.parent is None
            else self.organ(column.parent)
        )

    def column_path(self, column: Column) -> str:
        if column.organ or column.parent is None:
            return f"/public/column/{self.organ(column)}?type=3"
        return f"/public/column/{self.organ(column)}?type=3&catId={column.number}&action=list&nav=3"

    def place(self, item: Item, column: Column) -> None:
        item.path = f"/public/{self.organ(column)}/{item.number}.html"
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/group6/M00/{file.number % 90:02}/A1/{self.hexes(file.number)[:20]}.{file.kind}"

    def _parameters(self, column: Column) -> dict[str, str]:
        category = "" if column.organ or column.parent is None else str(column.number)
        return {
            "IsAjax": "1", "dataType": "html", "labelName": "publicInfoList", "siteId": str(self.site_id),
            "pageSize": str(self.setting.per_page), "pageIndex": "1", "action": "list", "fuzzySearch": "false",
            "fromCode": "title", "keyWords": "", "sortType": "1", "isDate": "true", "dateFormat": "yyyy-MM-dd",
            "length": "80", "organId": str(self.organ(column)), "type": "3", "catIds": "", "cId": "",
            "catId": category, "result": _NOTHING, "file": "/xxgk/publicInfoList_newest2020",
        }  # fmt: skip

    def put_column(self, column: Column) -> None:
        parameters = self._parameters(column)
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        pages = self.split(column)
        if not column.items:
            body = ""
        elif self.setting.variant == 1:
            data = ",".join(f"{name}:'{value}'" for name, value in parameters.items())
            body = f"<div id='list'></div><script>$.ajax({{type:'post',url:'{_LABEL}',data:{{{data}}},success:load}});</script>"
        else:
            first = self._fragment(pages[0]) if self.setting.variant == 2 else ""
            body = f"<div id='list'>{first}</div><script>var url='{_LABEL}?{query}&_='+Math.random();$('#list').load(url);</script>"
        self.put(self.column_path(column), self._page(column, body), listing=True)
        self.put_answer(_LABEL, self._label)
        self.least += 1 + (len(pages) - (self.setting.variant == 2) if column.items else 0)

    def _page(self, column: Column, body: str) -> str:
        text = self.column_page(column, body)
        if column.organ or column.parent is None:
            text = text.replace("<title>", '<meta name="ColumnName" content="政府信息公开年报"><title>', 1)
        return text

    def _label(self, request: Request) -> Reply:
        form = request.form
        column = next(
            (
                c
                for c in self.root.walk()
                if str(self.organ(c)) == form.get("organId")
                and self._parameters(c)["catId"] == form.get("catId", "")
            ),
            None,
        )
        wanted = form.get("labelName") == "publicInfoList" and form.get("siteId") == str(self.site_id)
        if column is None or not wanted:
            return Reply(b"")
        items, size = self.shown(column), min(int(form.get("pageSize") or 15), 50)
        start = (int(form.get("pageIndex") or 1) - 1) * size
        return Reply(self.encode(self._fragment(items[start : start + size])), 200, self.html_headers())

    def _fragment(self, items: list[Item]) -> str:
        if not items:
            return f"<div class='noinfo'>{_NOTHING}</div>"
        rows = [(f"http://{self.name}{i.path}", i.listed, i.published.isoformat()) for i in items]
        return f"<ul class='clearfix xxgk_nav_list'>{skin.rows(rows, self.row_make)}</ul>"
