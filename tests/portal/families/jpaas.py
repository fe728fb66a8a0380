"""Hanweb JPaaS: a column page is a shell whose parts come from build/unit as JSON."""

from __future__ import annotations

import json

from tests.portal import skin
from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"
_JSON = {"Content-Type": "application/json;charset=UTF-8"}


class JPaaS(Portal):
    family = "jpaas"
    row_makes = (0, 1, 3)

    def setup(self) -> None:
        self.web = self.hexes("web")
        self.set = self.hexes("tpl")
        self.kind = self.rng.choice(("buildstatic", "bulidstatic"))
        self.tag = self.rng.choice(("分页列表", "当前栏目list", "右侧内容", "内容1"))

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/zwgk/{slug}/index.html"

    def column_path(self, column: Column) -> str:
        return "/zwgk/" + "".join(f"{part.slug}/" for part in column.chain) + "index.html"

    def place(self, item: Item, column: Column) -> None:
        folder = self.column_path(column).removesuffix("index.html")
        item.path = f"{folder}art/{item.published.year}/art_{self.hexes(item.number)}.html"
        if item.published.year < 2021 and self.rng_of("old").random() < 0.5:
            day = item.published
            item.path = f"/art/{day.year}/{day.month}/{day.day}/art_{column.number}_{item.number}.html"
        if isinstance(item, Report):
            for file in item.files:
                name = f"{self.hexes(file.number)}.{file.kind}"
                gateway = "/api-gateway/jpaas-web-server/front/document/file-download"
                file.path = f"{gateway}?fileUrl=/cms_files/jcms1/web{self.web[:4]}/site/attach/0/{name}"
                if file.number % 2:
                    file.path = f"{gateway}?fileName={name}"
                if file.kind == "jpg":
                    file.path = f"/cms_files/jcms1/web{self.web[:4]}/site/picture/0/{name}"

    def put_column(self, column: Column) -> None:
        self._pages = {self.hexes(c.number): c for c in self.root.walk()}
        page_id = self.hexes(column.number)
        tags = ["页头", "左侧导航", self.tag, "页脚"]
        if self.setting.variant == 1:
            tags.reverse()
        scripts = "".join(self._script(tag, page_id) for tag in tags)
        path = self.column_path(column)
        text = self.frame.page(
            self.frame.site_name,
            f"<div class='main'>{scripts}</div>",
            meta={"ColumnName": column.title},
            side=True,
        )
        self.put(path, text, listing=True)
        self.put(path.removesuffix("index.html"), text, listing=True)
        self.put_answer(_UNIT, self._unit)
        self.least += 1 + len(self.split(column))

    def _script(self, tag: str, page_id: str) -> str:
        query = (
            f"{{'parseType':'{self.kind}','webId':'{self.web}','tplSetId':'{self.set}','pageType':'column',"
            f"'tagId':'{tag}','editType':'null','pageId':'{page_id}'}}"
        )
        return (
            f'<script id="{self.hexes(tag)}" src="/cms_files/default/script/AuthorizedRead/unitbuild.js?v=3.1.3" '
            f'webId="{self.web}" parseType="{self.kind}" url="{_UNIT}" queryData="{query}"></script>\n'
        )

    def _unit(self, request: Request) -> Reply:
        query = request.query
        column = self._pages.get(query.get("pageId", ""))
        known = query.get("webId") == self.web and query.get("tplSetId") == self.set
        if column is None or not known or "�" in query.get("tagId", "�"):
            return Reply(b'{"success":false,"data":{}}', headers=_JSON)
        number = 1
        if "paramJson" in query:
            number = int(json.loads(query["paramJson"]).get("pageNo") or 1)
        html = "<div class='nav'><a href='/'>首页</a><a href='/zwgk/zwgk/index.html'>政务公开</a></div>"
        if query["tagId"] == self.tag:
            html = self._list(column, number)
        data = {"success": True, "code": "200", "message": "", "data": {"html": html}}
        return Reply(json.dumps(data, ensure_ascii=False).encode(), headers=_JSON)

    def _list(self, column: Column, number: int) -> str:
        pages = self.split(column)
        items = pages[number - 1] if number <= len(pages) else []
        size = self.setting.per_page
        rows = skin.rows([(i.path, i.listed, i.published.isoformat()) for i in items], self.row_make)
        parts = self.parts(column, "?")
        count = len(self.shown(column))
        return (
            f"{parts}<ul class='list'>{rows}</ul><div class='pagination' id='page' count=\"{count}\" rows=\"{size}\" "
            f"pageNo=\"{number}\" data-page='{number}'></div>"
        )
