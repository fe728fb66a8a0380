"""NFCMS, the main sites of Guangdong: content/post_ID.html, second list page index_2.html."""

from __future__ import annotations

from tests.portal.content import Column, Item, Report
from tests.portal.site import Portal


class NFCMS(Portal):
    family = "nfcms"
    row_makes = (0, 1, 3, 6)

    def setup(self) -> None:
        self.frame.fingerprint = "<script>var NFCMS_SITE_ID = '755010';</script>"
        self.base = self.rng.choice(("/zwgk/", "/", "/zjsfw/bmdh/gyxxhj/zwgk/"))

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{slug}/"

    def column_path(self, column: Column) -> str:
        return self.base + "".join(f"{part.slug}/" for part in column.chain)

    def place(self, item: Item, column: Column) -> None:
        item.path = f"{self.column_path(column)}content/post_{item.number}.html"
        if not isinstance(item, Report):
            return
        if item.number % 9 == 0:
            item.twins = [item.path.replace("/post_", "/mpost_")]
        for file in item.files:
            file.path = f"/attachment/0/{file.number // 1000}/{file.number}/{item.number}.{file.kind}"

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        pages = self.split(column)
        self.least += len(pages)
        for number, items in enumerate(pages, 1):
            name = "index.html" if number == 1 else f"index_{number}.html"
            if self.setting.variant == 1:
                pager = f'<script>createPageHTML({len(pages)}, {number}, "index", "html");</script>'
                pager += (
                    f'<a class="next" href="{path}index_{number + 1}.html">&gt;</a>'
                    if number < len(pages)
                    else ""
                )
            else:
                last = number == len(pages)
                further = "" if last else f'<a href="{path}index_{number + 1}.html" class="next">下一页</a>'
                pager = f'<a href="{path}" class="first">首页</a><a href="#" class="prev">上一页</a>{further}'
            body = f"{self.rows(items, path)}"
            text = self.column_page(column, body).replace(
                "</body>", f"<div class='page'>{pager}</div></body>"
            )
            self.put(f"{path}{name}", text, listing=True)
            if number == 1:
                self.put(path, text, listing=True)
