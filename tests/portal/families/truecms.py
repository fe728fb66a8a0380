"""truecms of Nantong, Rugao and Huai'an: lists by JSONP from messageController/getMessage.do."""

from __future__ import annotations

import json

from tests.portal import skin
from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_PROXY = "/messageController/getMessage.do"


class TrueCMS(Portal):
    """`variant`: 0 more than 50 records give nothing, 1 more than 20 give 404, and so does a missing Referer."""

    family = "truecms"
    row_makes = (0, 1, 3, 6)

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/col/{number}_{self.setting.division}/index.html"

    def code(self, column: Column) -> str:
        return f"{10_000 + column.number % 60_000}_{self.setting.division}"

    def column_path(self, column: Column) -> str:
        return f"/col/{self.code(column)}/index.html"

    def place(self, item: Item, column: Column) -> None:
        stamp = 1_500_000_000_000 + item.number * 1_000_003 % 200_000_000_000
        item.path = f"/col/{self.code(column)}/art/{item.number}/{stamp}{self.hexes(item.number)[:8]}.html"
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/upload/{item.published:%Y%m}/{self.hexes(file.number)}.{file.kind}"

    def put_column(self, column: Column) -> None:
        items = self.shown(column)
        body = (
            f"<div id='list'></div><script>$('#list').truePage({{proxyUrl:'{_PROXY}',columnId:'{self.code(column)}',"
            f"perPage:{self.setting.per_page},totalRecord:{len(items)}}});</script>"
        )
        self.put(self.column_path(column), self.column_page(column, body if items else ""), listing=True)
        self.put_answer(_PROXY, self._message)
        self.least += 1 - (-len(items) // (50 if self.setting.variant == 0 else 20))

    def _message(self, request: Request) -> Reply:
        query = request.query
        most = 50 if self.setting.variant == 0 else 20
        if self.setting.variant == 1 and (
            not request.headers.get("referer") or int(query.get("perpage") or 0) > most
        ):
            return Reply(b"404", 404)
        column = next((c for c in self.root.walk() if self.code(c) == query.get("columnId")), None)
        items = self.shown(column) if column is not None and int(query.get("perpage") or 0) <= most else []
        start, end = int(query.get("startrecord") or 1), int(query.get("endrecord") or most)
        chosen = items[start - 1 : min(end, start - 1 + most)]
        rows = skin.rows([(i.path, i.listed, i.published.isoformat()) for i in chosen], self.row_make)
        text = f"<datastore><totalrecord>{len(items)}</totalrecord><recordset>{rows}</recordset></datastore>"
        answer = f"{query.get('callback', 'cb')}({json.dumps({'result': text}, ensure_ascii=False)})"
        return Reply(answer.encode(), headers={"Content-Type": "application/javascript;charset=UTF-8"})
