"""博达 VSB: the second page of X.htm with T pages is X/(T-1).htm, the oldest X/1.htm; an article has two
addresses."""

from __future__ import annotations

import posixpath

from tests.portal.content import Column, Item, Report
from tests.portal.server import HTML, Reply, Request
from tests.portal.site import Portal


class VSB(Portal):
    family = "vsb"
    editor_container = "v_news_content"
    row_makes = (0, 3, 5, 1)

    def setup(self) -> None:
        self.owner = self.rng.randrange(10**9, 2 * 10**9)
        self.base = self.rng.choice(("/zfxxgk/", "/", "/xxgk/"))
        self.frame.fingerprint = "<script src='/system/resource/js/counter.js'></script><script>_jsq_(1001,'/index.jsp',-1,1615111502)</script>"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{slug}.htm"

    def column_path(self, column: Column) -> str:
        return self.base + "/".join(part.slug for part in column.chain) + ".htm"

    def tree(self, column: Column) -> int:
        return 1000 + column.number % 4000

    def place(self, item: Item, column: Column) -> None:
        tree = self.tree(column)
        info = f"/info/{tree}/{item.number}.htm"
        script = f"/content.jsp?urltype=news.NewsContentUrl&wbtreeid={tree}&wbnewsid={item.number}"
        item.path = script if self.setting.variant == 1 else info
        if not isinstance(item, Report):
            return
        item.twins = [info if self.setting.variant == 1 else script]
        for file in item.files:
            if file.kind == "jpg":
                file.path = f"/__local/A/BC/{file.number}_{self.hexes(file.number)[:8]}.jpg"
            elif file.embedding.name in ("VIEWER", "IFRAME", "EMBED"):
                code = self.hexes(file.number)
                file.path = f"/virtual_attach_file.vsb?afc={code}&oid={self.owner}&tid={tree}&nid={item.number}&e=.{file.kind}"
            else:
                file.path = f"/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner={self.owner}&wbfileid={file.number}"

    def put_file(self, report: Report, file: object) -> None:
        super().put_file(report, file)  # type: ignore[arg-type]
        path = file.path  # type: ignore[attr-defined]
        if "download.jsp" not in path:
            return
        whole = self.pages[path]

        def answer(request: Request) -> Reply:
            if not request.headers.get("referer"):
                return Reply(
                    b"<html><body>" + b"<!-- -->" * 600 + b"</body></html>", 200, {"Content-Type": HTML}
                )
            return whole(request)

        self.put_answer(path, answer)

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        stem = path.removesuffix(".htm")
        pages = self.split(column)
        total = len(pages)
        self.least += total
        addresses = [path, *(f"{stem}/{total - k + 1}.htm" for k in range(2, total + 1))]
        for number, (address, items) in enumerate(zip(addresses, pages, strict=True), 1):
            body = self.rows_for(items, address)
            pager = self._pager(number, addresses, len(column.items))
            text = self.column_page(column, body).replace("</body>", f"{pager}</body>")
            self.put(address, text, listing=True)

    def rows_for(self, items: list[Item], address: str) -> str:
        rows = self.rows(items, address)
        if self.setting.variant == 2:  # lists lead to one address, other places to the other
            for item in items:
                if isinstance(item, Report) and item.number % 5 == 0:
                    rows = rows.replace(self.href(address, item.path), item.twins[0].replace("&", "&amp;"))
        return rows

    def _pager(self, number: int, addresses: list[str], count: int) -> str:
        total = len(addresses)
        here = addresses[number - 1]
        numbers = "".join(
            f'<span class="p_no_d">{k}</span>'
            if k == number
            else f'<span class="p_no"><a href="{self._link(here, a)}">{k}</a></span>'
            for k, a in enumerate(addresses, 1)
        )
        further = '<span class="p_next_d p_fun_d">下页</span><span class="p_last_d p_fun_d">尾页</span>'
        if number < total:
            further = (
                f'<span class="p_next p_fun"><a href="{self._link(here, addresses[number])}">下页</a></span>'
                f'<span class="p_last p_fun"><a href="{self._link(here, addresses[-1])}">尾页</a></span>'
            )
        return (
            f'<div class="pb_sys_common pb_sys_normal pb_sys_style1"><span class="p_t">共{count}条</span> '
            f'<span class="p_pages"><span class="p_first_d p_fun_d">首页</span>{numbers}{further}</span> '
            f'<span class="p_t">{number}/{total}</span></div>'
        )

    @staticmethod
    def _link(here: str, there: str) -> str:
        return posixpath.relpath(there, posixpath.dirname(here))
