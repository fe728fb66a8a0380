"""The platform of Jinan and Zibo: channels and documents with 24-digit hexadecimal ids, a year's report beside its
text explanation and its picture."""

from __future__ import annotations

from tests.portal.content import Column, Item, Report
from tests.portal.site import Portal


class Gongkai(Portal):
    family = "gongkai"
    row_makes = (0, 1, 3)

    def setup(self) -> None:
        self.site_slug = f"site_{self.rng.choice(('lcqscjgj', 'licheng', 'zhangdian', 'huaiyin'))}"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/gongkai/channel_{self.hexes(slug, length=24)}/"

    def column_path(self, column: Column) -> str:
        channel = self.hexes("channel", column.number, length=24)
        if column.parent is None:
            return f"/gongkai/channel_{channel}/?open=zfxxgknb"
        return f"/gongkai/{self.site_slug}/channel_{channel}/index.html"

    def place(self, item: Item, column: Column) -> None:
        channel = self.hexes("channel", column.number, length=24)
        item.path = (
            f"/gongkai/{self.site_slug}/channel_{channel}/doc_{self.hexes(item.number, length=24)}.html"
        )
        if isinstance(item, Report):
            for file in item.files:
                file.path = f"/gongkai/{self.site_slug}/attach/{self.hexes(file.number)}.{file.kind}"

    def put_column(self, column: Column) -> None:
        self.least += 1
        path = self.column_path(column)
        self.put(path, self.column_page(column, self.rows(self.shown(column), path)), listing=True)
