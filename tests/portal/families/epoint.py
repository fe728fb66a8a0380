"""新点 Epoint EWB: the list comes by POST from getgovinfolist; site guid and project stand in webBuilderCommon.js."""

from __future__ import annotations

import json
import uuid

from tests.portal.content import Column, Item, Report
from tests.portal.server import Host, Reply, Request
from tests.portal.site import Portal


class Epoint(Portal):
    family = "epoint"

    def setup(self) -> None:
        self.project = self.rng.choice(("/EpointWebBuilder", "/xzgaweb", "/inteligentsearch"))
        self.guid = str(uuid.UUID(self.hexes("site")))
        self.frame.fingerprint = "<script src='/js/webBuilderCommon.js'></script><!-- EWB-FRONT -->"
        self.department = f"{self.setting.division[:4]}-{self.rng.randrange(100):03}"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{slug}/subpage.html"

    def codes(self, column: Column) -> tuple[str, str]:
        """Department and category."""
        organ = next((part for part in reversed(column.chain) if part.organ), None)
        department = f"{self.department}{organ.number % 1000:03}" if organ else self.department
        return department, "005" + "".join(
            f"{part.number % 1000:03}" for part in column.chain if not part.organ
        )

    def column_path(self, column: Column) -> str:
        department, category = self.codes(column)
        return f"/xxgk/govInfoPub.html?deptcode={department}&categorynum={category}"

    def place(self, item: Item, column: Column) -> None:
        _, category = self.codes(column)
        name = uuid.UUID(self.hexes(item.number))
        item.path = f"/xxgk/{category}/{item.published:%Y%m%d}/{name}.html"
        if isinstance(item, Report):
            for file in item.files:
                guid = uuid.UUID(self.hexes(file.number))
                file.path = f"{self.project}/WebbuilderMIS/attach/downloadZtbAttach.jspx?attachGuid={guid}&appUrlFlag=ewb"
                if file.kind == "jpg":
                    file.path = f"/xxgk/{category}/{item.published:%Y%m%d}/{guid}.jpg"

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        body = "<div class='ewb-list' id='govlist'></div><script src='/js/govinfopub.js'></script>"
        self.put(path, self.column_page(column, body if column.items else ""), listing=True)
        common = f"var siteInfo = {{\n  projectName: '{self.project}',\n  siteGuid: '{self.guid}'\n}};\n"
        script = Reply(common.encode(), headers={"Content-Type": "application/javascript"})
        self.put_answer("/js/webBuilderCommon.js", lambda _: script)
        self.put_answer(f"{self.project}/rest/lightfrontaction/getgovinfolist", self._list)
        self.least += 1 + (column is self.root) + (-(-len(self.shown(column)) // 50))

    def _list(self, request: Request) -> Reply:
        kind = {"Content-Type": "application/json;charset=UTF-8"}
        if request.method != "POST":
            return Reply(b'{"status":{"code":405}}', 405, kind)
        try:
            asked = json.loads(request.body)
        except ValueError:
            return Reply(b'{"status":{"code":500,"text":"params error"}}', 200, kind)
        codes = (asked.get("deptcode"), asked.get("categorynum"))
        column = next((c for c in self.root.walk() if self.codes(c) == codes), None)
        items = self.shown(column) if column is not None and asked.get("siteGuid") == self.guid else []
        size = min(int(asked.get("pageSize") or 20), 50)
        start = (int(asked.get("pageIndex") or 0) - self.setting.variant) * size
        data = [
            {
                "infourl": i.path,
                "title": i.listed[:20],
                "realtitle": i.listed,
                "infodate": i.published.isoformat(),
            }
            for i in items[max(start, 0) : max(start, 0) + size]
        ]
        answer = {"custom": {"data": data, "total": len(items)}, "status": {"code": 200}}
        return Reply(json.dumps(answer, ensure_ascii=False).encode(), 200, kind)

    def host(self) -> Host:
        made = super().host()
        handler = made.handler

        def named(request: Request) -> Reply:
            reply = handler(request)
            reply.headers = dict(reply.headers) | {"Server": "epoint-httpserver"}
            return reply

        made.handler = named
        return made
