"""开普云 UCAP: column pages are shells, the list is search JSON."""

from __future__ import annotations

import json

from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_JSON = {"Content-Type": "application/json;charset=UTF-8"}


class UCAP(Portal):
    family = "ucap"
    editor_container = "UCAPCONTENT"

    def setup(self) -> None:
        self.site_slug = self.rng.choice(("hebwcs", "xjwqx", "tkxx", "amr"))
        self.search = self.rng.choice(("/common/search/", "/searchList/", "/search/"))
        self.frame.fingerprint = "<!-- CMSPRO_PUBLISH --><script src='/pub/ucap_statistics.js'></script>"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{self.site_slug}/c{number}/{slug}.shtml"

    def column_path(self, column: Column) -> str:
        names = {self.root: "zfxxgklby_nb.shtml"}
        return (
            f"/{self.site_slug}/c{100_000 + column.number % 30_000}/{names.get(column, 'zfxxgk_list.shtml')}"
        )

    def channel(self, column: Column) -> str:
        return self.hexes("channel", column.number)

    def place(self, item: Item, column: Column) -> None:
        code = f"c{100_000 + column.number % 30_000}"
        folder = f"/{self.site_slug}/{code}/{item.published:%Y%m}"
        item.path = (
            f"{folder}/{self.hexes(item.number)}.shtml",
            f"{folder}/c01_{item.number}.shtml",
            f"/{self.site_slug}/{code}/c{item.number}/content.shtml",
        )[self.setting.variant]
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/{self.site_slug}/{code}/{item.published:%Y%m}/files/{self.hexes(file.number)}.{file.kind}"

    def put_column(self, column: Column) -> None:
        channel = self.channel(column)
        size = self.setting.per_page
        head, there = f'<script>var channelId="{channel}";var pageSize={size};</script>', "channelId"
        if self.setting.variant == 1:
            head, there = (
                f'<meta name="channelId" content="{channel}">',
                "$('meta[name=channelId]').attr('content')",
            )
        load = (
            f"<div id='list'></div><script>$.ajax({{url:'{self.search}'+{there}+'?_isAgg=true&_isJson=true&_pageSize='"
            f"+{size}+'&_template=index&_rangeTimeGte=&_channelName=&page='+page,dataType:'json',success:show}});</script>"
        )
        if column.children and not column.items:
            load = ""
        self.put(self.column_path(column), self.column_page(column, load, head=head), listing=True)
        self.put_answer(f"{self.search}{channel}", lambda request: self._search(request, column))
        self.least += 1 + (-(-len(self.shown(column)) // 100) if column.items else 0)

    def _search(self, request: Request, column: Column) -> Reply:
        query = request.query
        if query.get("_isJson") != "true":
            return Reply("内部服务器错误".encode())
        size = min(int(query.get("_pageSize") or 15), 100)
        page = int(query.get("page") or 1)
        items = self.shown(column)
        results = [self._result(item) for item in items[(page - 1) * size : page * size]]
        data: dict[str, object] = {"page": page, "rows": size, "total": len(items), "results": results}
        return Reply(json.dumps({"data": data}, ensure_ascii=False).encode(), headers=_JSON)

    def _result(self, item: Item) -> dict[str, object]:
        url = f"//{self.name}{item.path}" if self.setting.variant != 1 else f"http://{self.name}{item.path}"
        made: dict[str, object] = {
            "manuscriptId": str(item.number), "title": f" {item.listed}&nbsp;", "url": url,
            "publishedTimeStr": f"{item.published} 10:00:00", "channelName": self.root.title,
            "resList": [],
        }  # fmt: skip
        if isinstance(item, Report):
            made["resList"] = [
                {"resName": file.name, "url": f"//{self.name}{file.path}"}
                for file in item.files
                if file.kind != "jpg"
            ]
        if self.setting.variant == 1:
            values = [{"key": "source", "name": "来源", "value": self.frame.site_name},
                      {"key": "pubdate", "name": "发文日期", "value": str(item.published)}]  # fmt: skip
            made["domainMetaList"] = [{"domainMetadataName": "默认元数据集", "resultList": values}]
            made["content"], made["contentHtml"] = "正文", ""
        return made
