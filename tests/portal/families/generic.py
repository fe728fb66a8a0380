"""Portals of no known make: plain lists with a real next-page link, frames, one-report columns."""

from __future__ import annotations

from tests.portal.content import Column, Item, Report
from tests.portal.site import Portal

_NEXT = ("下一页", "下页", "下一页&gt;", "&gt;", "后一页", "下一页 »")


class Generic(Portal):
    """`variant`: 0 ?page=2, 1 list_2.html, 2 the list stands in an iframe, 3 index.aspx with item ids,
    4 2.html below the column, 5 a column with one report shows it in place, 6 frames of old ASP."""

    family = "generic"

    def setup(self) -> None:
        self.next_text = self.rng.choice(_NEXT)

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        if self.setting.variant == 3:
            return f"/Category_{number}/Index.aspx"
        return f"/{slug}/index.html"

    def column_path(self, column: Column) -> str:
        if self.setting.variant == 3:
            return f"/Category_{column.number}/Index.aspx"
        return "/" + "/".join(part.slug for part in column.chain) + "/index.html"

    def in_place(self, column: Column) -> bool:
        """Whether the column's page is its only report."""
        return self.setting.variant == 5 and len(self.shown(column)) == len(column.reports) == 1

    def place(self, item: Item, column: Column) -> None:
        if self.in_place(column) and isinstance(item, Report):
            item.path = self.column_path(column)
            return
        folder = self.column_path(column).rpartition("/")[0]
        item.path = {
            0: f"{folder}/{item.published:%Y/%m/%d}/{item.number}.shtml",
            1: f"{folder}/content_{item.number}.html",
            3: f"/Item/Show.asp?m=1&d={item.number}",
            6: f"/zwgk_show.asp?id={item.number}",
            4: f"/News/Detail/{item.published:%Y%m%d}{item.number:09}.html",
        }.get(self.setting.variant, f"/html/{column.number}/{item.number}.html")
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/upload/{item.published:%Y%m}/{self.hexes(file.number)[:16]}.{file.kind}"

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        if self.in_place(column):
            return
        pages = self.split(column)
        shells = self.setting.variant in (2, 6) and column.items
        self.least += len(pages) + (1 if shells else 0)
        for number, items in enumerate(pages, 1):
            address = self._address(path, number)
            further = self._address(path, number + 1) if number < len(pages) else ""
            links = f'<a href="{path}">首页</a> ' + "".join(
                f'<a href="{self._address(path, n)}">{n}</a>' for n in range(1, min(len(pages), 5) + 1)
            )
            links += (
                f'<a href="{further}">{self.next_text}</a>' if further else f"<span>{self.next_text}</span>"
            )
            pager = f"<div class='pages'>{links} 共{len(pages)}页</div>"
            if shells:
                text = f"<html><head><meta charset='{self.frame.charset}'></head><body><ul>{self.rows(items, address)}</ul>{pager}</body></html>"
            else:
                text = self.column_page(column, self.rows(items, address)).replace(
                    "</body>", f"{pager}</body>"
                )
            self.put(address, text, listing=True)
        if shells:
            frame = (
                f'<iframe src="{self._address(path, 1)}" width="760" height="900" scrolling="no"></iframe>'
            )
            self.put(path, self.column_page(column, frame), listing=True)

    def _address(self, path: str, number: int) -> str:
        folder = path.rpartition("/")[0]
        match self.setting.variant:
            case 0 | 3:
                return path if number == 1 else f"{path}?page={number}"
            case 1:
                return path if number == 1 else f"{folder}/list_{number}.html"
            case 2:
                return f"{folder}/list.jsp?cur={number}"
            case 6:
                return f"{folder}/list.asp?page={number}"
        return path if number == 1 else f"{folder}/{number}.html"
