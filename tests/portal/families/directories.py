"""Portals whose addresses are directories with long ids: Shaanxi (19 digits, dir/1.html) and Inner Mongolia
(17 to 19 digits, each article a folder with an index page)."""

from __future__ import annotations

from tests.portal.content import Column, Item, Report
from tests.portal.site import Portal


class Shaanxi(Portal):
    family = "shaanxi"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{slug}/1.html"

    def setup(self) -> None:
        self.base = self.rng.choice(("/zfxxgk/", "/zwgk/", "/xwzx/ztzl/"))

    def folder(self, column: Column) -> str:
        return self.base + "".join(f"{part.slug}/" for part in column.chain)

    def column_path(self, column: Column) -> str:
        return f"{self.folder(column)}1.html"

    def place(self, item: Item, column: Column) -> None:
        rng = self.rng_of("id", item.number)
        name = str(rng.randrange(13 * 10**17, 19 * 10**17))
        if item.published.year < 2020:
            name = self.hexes(item.number, length=24)
        item.path = f"{self.folder(column)}{name}.html"
        if isinstance(item, Report):
            for file in item.files:
                file.path = (
                    f"/upload/CMSyanan/{item.published:%Y%m}/{item.published:%Y%m%d}{file.number}.{file.kind}"
                )

    def put_column(self, column: Column) -> None:
        pages = self.split(column)
        self.least += len(pages)
        for number, items in enumerate(pages, 1):
            path = f"{self.folder(column)}{number}.html"
            if self.setting.variant == 1:
                numbers = "".join(f'<a href="{n}.html">{n}</a>' for n in range(1, len(pages) + 1))
                pager = f"<a href='1.html'>首页</a>{numbers}<a href='{len(pages)}.html'>末页</a>"
            else:
                after = f'<a href="{number + 1}.html">下一页</a>' if number < len(pages) else "<a>下一页</a>"
                pager = f"<span>共{len(pages)}页</span><a href='1.html'>首页</a>{after}"
            text = self.column_page(column, self.rows(items, path))
            self.put(path, text.replace("</body>", f"<div class='paging'>{pager}</div></body>"), listing=True)
        self.pages[self.folder(column)] = self.pages[self.column_path(column)]


class NeiMenggu(Portal):
    family = "neimenggu"
    row_makes = (0, 2, 3)

    def setup(self) -> None:
        self.extension = self.rng.choice(("html", "shtml"))
        self.base = self.rng.choice(("/nmj/zwgk/zfxxgk/", "/kyzq/zfxxgk27/", "/zlq/zwgk/zfxxgkzl/"))

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{slug}/index.{self.extension}"

    def folder(self, column: Column) -> str:
        return self.base + "".join(f"{part.slug}/" for part in column.chain)

    def column_path(self, column: Column) -> str:
        return f"{self.folder(column)}index.{self.extension}" if self.setting.variant else self.folder(column)

    def place(self, item: Item, column: Column) -> None:
        rng = self.rng_of("id", item.number)
        name = f"{item.published:%Y%m%d}{rng.randrange(10**9):0{rng.choice((9, 11))}}"
        if self.setting.variant == 1:
            name = str(5_800_000 + item.number % 900_000)
        item.path = f"{self.folder(column)}{name}/index.{self.extension}"
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"{self.folder(column)}{name}/{file.number}.{file.kind}"

    def put_column(self, column: Column) -> None:
        folder, pages = self.folder(column), self.split(column)
        self.least += len(pages)
        for number, items in enumerate(pages, 1):
            name = f"index.{self.extension}" if number == 1 else f"index_{number}.{self.extension}"
            after = f'<a href="index_{number + 1}.{self.extension}">下一页</a>' if number < len(pages) else ""
            text = self.column_page(column, self.rows(items, f"{folder}{name}"))
            text = text.replace("</body>", f"<div class='pageturn'><a href='./'>首页</a>{after}</div></body>")
            self.put(f"{folder}{name}", text, listing=True)
            if number == 1:
                self.put(folder, text, listing=True)
