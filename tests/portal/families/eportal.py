"""ePortal (easysite): everything is ui?pageId=..., lists page by currentPage and moduleId."""

from __future__ import annotations

from html import escape

from tests.portal.content import Column, Item, Report
from tests.portal.site import Portal

_UI = "/eportal/ui"


class EPortal(Portal):
    """`variant`: 0 the pager links, 1 its addresses stand in onclick and tagname."""

    family = "eportal"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"{_UI}?pageId={number + 300_000}"

    def page_id(self, column: Column) -> int:
        return 500_000 + column.number % 400_000

    def column_path(self, column: Column) -> str:
        return f"{_UI}?pageId={self.page_id(column)}"

    def place(self, item: Item, column: Column) -> None:
        page = self.page_id(column)
        item.path = f"{_UI}?pageId={page}&articleKey={item.number}&columnId={page + 7}"
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/eportal/fileDir/hebhs/resource/cms/{item.published:%Y/%m}/{self.hexes(file.number)}.{file.kind}"

    def put_column(self, column: Column) -> None:
        path, module = self.column_path(column), self.hexes("module", column.number)
        pages = self.split(column)
        self.least += len(pages)
        for number, items in enumerate(pages, 1):
            address = path if number == 1 else self._address(path, module, number)
            text = self.column_page(column, self.rows(items, address))
            pager = self._pager(path, module, number, len(pages))
            self.put(address, text.replace("</body>", f"{pager}</body>"), listing=True)
            if number == 1:
                self.pages[self._address(path, module, 1)] = self.pages[address]

    def _address(self, path: str, module: str, number: int) -> str:
        return f"{path}&currentPage={number}&moduleId={module}&staticRequest=yes"

    def _pager(self, path: str, module: str, number: int, pages: int) -> str:
        def link(text: str, target: int) -> str:
            address = escape(self._address(path, module, target))
            if self.setting.variant == 0:
                return f'<a href="{address}">{text}</a>'
            return (
                f'<a href="javascript:void(0)" tagname="{address}" '
                f"onclick=\"queryArticleByCondition(this,'{address}')\">{text}</a>"
            )

        after = link("下一页", number + 1) + link("尾页", pages) if number < pages else "<span>下一页</span>"
        return f"<div class='easysite-page'><span>共{pages}页</span>{link('首页', 1)}{after}</div>"
