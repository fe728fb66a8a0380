"""gkmlpt of Guangdong: _CONFIG in the page, lists as JSON, bodies as JSON inside the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_JSON = {"Content-Type": "application/json"}


class Gkmlpt(Portal):
    family = "gkmlpt"

    def setup(self) -> None:
        self.prefix = self.rng.choice(("", "/qynyncj", "/jmepsscjdj"))
        self.sid = str(self.rng.randrange(100_000, 999_999))
        self.base = f"{self.prefix}/gkmlpt"

    def section_path(self, title: str, slug: str, number: int) -> str:
        if title == "政府信息公开":
            return f"{self.base}/index"
        return f"{self.prefix}/{slug}/index.html" if number else "/"

    @property
    def entry_path(self) -> str:
        return f"{self.base}/annualreport#{self.root.number % 9000 + 100}"

    def column_path(self, column: Column) -> str:
        number = column.number % 9000 + 100
        return f"{self.base}/annualreport#{number}" if column is self.root else f"{self.base}/index#{number}"

    def place(self, item: Item, column: Column) -> None:  # noqa: ARG002
        number = item.number
        item.path = f"{self.base}/content/{number // 10**6}/{number // 1000}/post_{number}.html"
        if not isinstance(item, Report):
            return
        item.twins = [f"{item.path}?jump=true", item.path.replace("/post_", "/mpost_")]
        for file in item.files:
            file.path = f"/attachment/0/{file.number // 1000}/{file.number}/{number}.{file.kind}"

    def put_column(self, column: Column) -> None:
        if column is not self.root:
            return
        shell = self._config("", "index")
        self.put(f"{self.base}/index", shell, listing=True)
        self.put(f"{self.base}/annualreport", shell, listing=True)
        for node in self.root.walk():
            number = node.number % 9000 + 100
            self.put_answer(
                f"{self.base}/api/all/{number}", lambda request, node=node: self._api(request, node)
            )  # type: ignore[misc]
        self.least += 1 + max(1, -(-len(self._all(self.root)) // 100))

    def _all(self, column: Column) -> list[Item]:
        """What the API lists for a node: its articles and those of the nodes below."""
        return [item for one in column.walk() for item in self.shown(one)]

    def _tree(self) -> list[dict[str, object]]:
        def node(column: Column, parent: int) -> dict[str, object]:
            number = column.number % 9000 + 100
            return {
                "id": number, "name": column.title, "parent_id": parent, "jump_url": "",
                "post_count": len(self._all(column)) + (3 if self.setting.variant else 0),
                "children": [node(child, number) for child in column.children],
            }  # fmt: skip

        others = [
            {"id": 11, "name": "机构职能", "parent_id": 0, "post_count": 3, "jump_url": "", "children": []},
            {"id": 12, "name": "部门文件", "parent_id": 0, "post_count": 50, "jump_url": "", "children": []},
            {
                "id": 13,
                "name": "工作指南",
                "parent_id": 0,
                "post_count": 1,
                "jump_url": "/zwgk/gkzn/",
                "children": [],
            },
        ]
        return [*others, node(self.root, 0)]

    def _config(self, detail: str, page: str) -> str:
        tree = json.dumps(self._tree(), ensure_ascii=self.setting.variant == 1)
        script = (
            f"<script>\nwindow._CONFIG = {{\n  PAGE: '{page}',\n  SID: '{self.sid}',\n  SITE_NAME: '{self.frame.site_name}',\n"
            f"  TREE: {tree},\n  SERVICE_AREA_ID: 20,\n  DETAIL: {detail or '{}'}\n}}\n</script>"
        )
        shell = (
            "<div id='app'><router-view></router-view></div><script src='/gkmlpt/static/js/app.js'></script>"
        )
        return self.frame.page("政府信息公开平台", shell, head=script, side=page == "index")

    def _api(self, request: Request, column: Column) -> Reply:
        if request.query.get("sid") != self.sid:
            return Reply(b'{"articles":[],"total":0}', headers=_JSON)
        page = int(request.query.get("page") or 1)
        items = self._all(column)
        articles = [self._row(item) for item in items[(page - 1) * 100 : page * 100]]
        data = {"classify": {"post_count": len(items)}, "total": len(items), "articles": articles}
        return Reply(json.dumps(data, ensure_ascii=False).encode(), headers=_JSON)

    def _row(self, item: Item) -> dict[str, object]:
        moment = datetime(item.published.year, item.published.month, item.published.day, 1, tzinfo=UTC)
        host = f"http://{self.name}"
        return {
            "id": item.number, "title": item.listed, "document_number": "", "publisher": self.frame.site_name,
            "date": int(moment.timestamp()), "created_at": f"{item.published} 09:00:00",
            "display_publish_time": int(moment.timestamp()), "abstract": "", "url": host + item.path,
            "post_url": "", "is_expired": 0, "is_abolished": 0, "attachment": [], "relation": [],
        }  # fmt: skip

    def article(self, item: Item, text: str, column: Column | None) -> str:
        """A shell: the text is JSON in _CONFIG.DETAIL. News lie outside of the platform."""
        if not item.path.startswith(self.base):
            return super().article(item, text, column)
        detail = {
            "id": item.number, "title": item.title, "publisher": self.frame.site_name,
            "created_at": f"{item.published} 09:00:00", "content": text,
            "attachment": [
                {"name": file.name, "url": f"http://{self.name}{file.path}"}
                for file in (item.files if isinstance(item, Report) else [])
            ],
        }  # fmt: skip
        escaped = (
            json.dumps(detail, ensure_ascii=True)
            .replace("<", "\\u003C")
            .replace(">", "\\u003E")
            .replace("/", "\\/")
        )
        return self._config(escaped, "content")
