"""The openness platform of Anhui (MeetFine): bodies are told apart by branch_id, reports have numbers."""

from __future__ import annotations

from html import escape

from tests.portal.content import Column, Item, Report
from tests.portal.site import Portal


class Openness(Portal):
    """`variant`: 0 /OpennessAnnualReport/show/N.html, 1 /XxgkAnnualReport/show/N.html, 2 Mongo ids."""

    family = "openness"
    editor_container = "opennessContent"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/openness/?branch_id={self.branch(None)}" if title == "政府信息公开" else f"/{slug}/"

    def branch(self, column: Column | None) -> str:
        while column is not None and not column.organ:
            column = column.parent
        return self.hexes("branch", column.organ if column else "own", length=24)

    def column_path(self, column: Column) -> str:
        branch = self.branch(column)
        own = column.parent is None or column.organ
        code = 52_702 if own else 50_000 + column.number % 2000
        if self.setting.variant == 1 and own:
            return f"/opennessAnnualReport/?branch_id={branch}"
        return f"/xxgkContent/?branch_id={branch}&column_code={code}"

    def place(self, item: Item, column: Column) -> None:  # noqa: ARG002
        number = item.number % 100_000
        while number in self._used:
            number += 1
        self._used.add(number)
        item.path = {
            0: f"/OpennessAnnualReport/show/{number}.html",
            1: f"/XxgkAnnualReport/show/{number}.html",
        }.get(
            self.setting.variant,
            f"/xxgk/openness/detail/annual_report/{self.hexes(item.number, length=24)}.html",
        )
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/OpennessAnnualReport/download/{file.number}.html"
                if file.kind == "jpg":
                    file.path = f"/uploads/{file.number}.jpg"

    def setup(self) -> None:
        self._used: set[int] = set()

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        pages = self.split(column)
        self.least += len(pages)
        for number, items in enumerate(pages, 1):
            address = path if number == 1 else f"{path}&page={number}"
            links = "".join(
                f'<a href="{escape(path)}&amp;page={n}">{n}</a>' for n in range(1, len(pages) + 1)
            )
            if number < len(pages):
                links += f'<a class="next" href="{escape(path)}&amp;page={number + 1}">下一页</a>'
            body = f"{self.rows(items, address)}"
            text = self.column_page(column, body).replace(
                "</body>", f"<div class='pagination'>{links}</div></body>"
            )
            self.put(address, text, listing=True)
