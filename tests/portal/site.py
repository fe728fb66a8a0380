"""A portal: home page, sections, the column with its parts, articles with their files, and the next day."""

from __future__ import annotations

import hashlib
import posixpath
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from html import escape
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

from tests.portal import skin
from tests.portal.bodies import file_bytes, markup_of
from tests.portal.content import (
    BUREAUS,
    Column,
    Embedding,
    File,
    Item,
    Layout,
    Maker,
    Medium,
    Other,
    Plan,
    Report,
)
from tests.portal.server import HTML, Host, Reply, Request

Answer = Callable[[Request], Reply]
_KINDS = {"pdf": "application/pdf", "jpg": "image/jpeg"}
TODAY = date(2026, 11, 20)


class Trouble(StrEnum):
    """What is wrong with a host (`tests.portal.faults`)."""

    RESET = "resets"
    CUT = "wrong lengths"
    CUT_GZIP = "truncated gzip"
    SLOW = "slow bodies"
    TOO_MANY = "429"
    BURST = "503 bursts"
    LOST = "resets for ever"
    """Some articles never come."""
    DEAD = "dead"
    """Accepts connections and says nothing."""


@dataclass(frozen=True)
class Setting:
    """How a portal is built and how it behaves. `start`: "home" or "column"; `entry`: how the home page leads
    to the column ("direct", "section", "deep", "title", "split"); `robots`: text of robots.txt, None for 404."""

    plan: Plan
    start: str = "home"
    entry: str = "section"
    division: str = "620300"
    encoding: str = "utf-8"
    per_page: int = 15
    variant: int = 0
    robots: str | None = "default"
    validators: bool = False
    compress: bool = False
    latency: float = 0.0
    soft_404: bool = False
    http_only: bool = False
    """https is dead on this host, and some links have it nevertheless."""
    mixed: bool = False
    """Some links lead to https, others to http, on a host that answers both."""
    trouble: Trouble | None = None


@dataclass
class Day:
    """What changed overnight: addresses of new and edited reports, of removed ones, old to new of moved ones."""

    new: list[Report] = field(default_factory=list)
    edited: list[Report] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    twins: dict[str, str] = field(default_factory=dict)
    """The address of a removed report by its other ones."""
    moved: list[tuple[str, Report]] = field(default_factory=list)


class Portal:
    """One simulated site. A family says where things are (`column_path`, `place`) and how a column lists its
    items (`put_column`); everything else is here.

    `truth` maps every address of a true report (path and query) to the report; `bait` holds addresses that must
    not be fetched; `least` is how many requests a crawl from the column needs.
    """

    family: ClassVar[str]
    editor_container: ClassVar[str] = "content"
    row_makes: ClassVar[tuple[int, ...]] = tuple(range(skin.ROW_MAKES))

    def __init__(self, name: str, setting: Setting, seed: str) -> None:
        self.name = name
        self.setting = setting
        self.seed = seed
        self.rng = random.Random(seed)
        self.plan = setting.plan
        self.maker = Maker(setting.plan, self.rng)
        self.row_make = self.rng.choice(self.row_makes)
        self.editor = self.rng.choice(("trs", "word", "wps", "old", "bare"))
        self.style = "table" if setting.encoding != "utf-8" else self.rng.choice(skin.STYLES)
        code = f"{setting.division}{self.rng.randrange(1, 80):04}"
        self.frame = skin.Frame(
            self.plan.place,
            f"{self.plan.place}人民政府",
            self.style,
            "gb2312" if setting.encoding == "gbk" else setting.encoding,
            code,
            placeholders=self.rng.random() < 0.1,
        )
        self.days = 1
        self.touched: set[Report] = set()
        self.setup()
        column_title = self.rng.choice(
            (
                "政府信息公开年报",
                "政府信息公开年度报告",
                "政府信息公开工作年度报告",
                "信息公开年报",
                "政府信息公开|年报",
            )
        )
        slug = self.rng.choice(
            ("zfxxgknb", "xxgknb", "gknb", "zfxxgkndbg", "ndbg", "zfxxgkgzndbg", "zfxxgknb_49905", "c1057")
        )
        self.root = Column(column_title.replace("|", ""), slug, self.maker.number())
        self.column_text = column_title
        self.maker.column(self.root)
        self.news = [self.maker.news() for _ in range(20)]
        self.build()

    # What a family tells.

    def setup(self) -> None:
        """Ids of its own, before the content is made."""

    def section_path(self, title: str, slug: str, number: int) -> str:
        """Address of a section page on the way to the column."""
        raise NotImplementedError

    def column_path(self, column: Column) -> str:
        """Address of the first page of a column."""
        raise NotImplementedError

    def place(self, item: Item, column: Column) -> None:
        """Set `item.path`, the twins of a report, and the paths of its files."""
        raise NotImplementedError

    def put_column(self, column: Column) -> None:
        """Serve the pages of a column, and count in `least` what is needed to see all of it."""
        raise NotImplementedError

    # The portal.

    @property
    def reports(self) -> list[Report]:
        return [report for column in self.root.walk() for report in column.reports]

    @property
    def start_url(self) -> str:
        return f"http://{self.name}{self.entry_path if self.setting.start == 'column' else '/'}"

    @property
    def entry_path(self) -> str:
        return self.column_path(self.root)

    def site(self) -> dict[str, Any]:
        """The portal's entry in a registry."""
        entry: dict[str, Any] = {
            "id": self.name,
            "name": self.frame.site_name,
            "division": self.setting.division,
            "start_urls": [self.start_url],
            "delay_s": 0.0,
            "max_pages": 5000,
        }
        return entry

    def host(self) -> Host:
        tls = not self.setting.http_only
        return Host(self.name, self.handle, self.setting.latency, self.setting.compress, tls=tls)

    def handle(self, request: Request) -> Reply:
        for key in (unquote(request.target), unquote(request.path)):
            if key in self.pages:
                return self.pages[key](request)
        return self.missing(request)

    def missing(self, request: Request) -> Reply:  # noqa: ARG002 - a family may look at it
        text = "<div class='error'>抱歉，您访问的页面不存在或已被删除！</div><a href='/'>返回首页</a>"
        page = self.frame.page("404 页面不存在", text)
        return Reply(self.encode(page), 200 if self.setting.soft_404 else 404, self.html_headers())

    def build(self) -> None:
        """Make all pages from the content."""
        self.pages: dict[str, Answer] = {}
        self.truth: dict[str, Report] = {}
        self.bait: set[str] = set()
        self.bait_prefixes: list[str] = []
        self.files: dict[str, Report] = {}
        self.lists: set[str] = set()
        self.least = 1
        self._sections()
        for column in self.root.walk():
            for item in column.items:
                if not item.path:
                    self.place(item, column)
                self._put_item(item, column)
        for column in self.root.walk():
            self.put_column(column)
        self._home()
        self._robots()
        self.least += len(self.reports) + len(self.files)

    def put(self, target: str, page: str | Callable[[], str], *, listing: bool = False) -> None:
        """Serve a page at `target` (path, and query where the query tells pages apart)."""

        def answer(_request: Request) -> Reply:
            text = page if isinstance(page, str) else page()
            reply = Reply(self.encode(text), 200, self.html_headers())
            reply.validators = self.setting.validators
            reply.modified = datetime(2026, 11, 1, tzinfo=UTC)
            return reply

        self.pages[unquote(target)] = answer
        if listing:
            self.lists.add(unquote(target))

    def put_answer(self, target: str, answer: Answer) -> None:
        self.pages[unquote(target)] = answer

    def encode(self, text: str) -> bytes:
        return text.encode("gb18030" if self.setting.encoding == "gbk" else "utf-8", "xmlcharrefreplace")

    def html_headers(self) -> dict[str, str]:
        """Old servers do not say a charset."""
        return {"Content-Type": HTML if self.setting.encoding == "utf-8" else "text/html"}

    def href(self, from_path: str, to_path: str) -> str:
        """A link as this portal writes it: relative, from the root, or whole."""
        kind = random.Random(self.seed + "href").choice(("relative", "root", "root", "whole"))
        secure = self.setting.http_only or self.setting.mixed
        if secure and self.rng_of("https", from_path, to_path).random() < 0.3:
            return f"https://{self.name}{to_path}"
        if kind == "whole":
            return f"http://{self.name}{to_path}"
        if kind == "relative" and "?" not in from_path + to_path:
            folder = posixpath.dirname(from_path) or "/"
            made = posixpath.relpath(to_path, folder)
            if to_path.endswith("/"):
                made += "/"
            return made if made.startswith(".") else f"./{made}"
        return to_path

    def hexes(self, *parts: object, length: int = 32) -> str:
        """A stable hexadecimal id."""
        text = " ".join(map(str, (self.seed, *parts)))
        return hashlib.sha256(text.encode()).hexdigest()[:length]

    # Columns.

    def shown(self, column: Column) -> list[Item]:
        return [item for item in column.items if not (isinstance(item, Report) and item.gone)]

    def rows(self, items: Iterable[Item], from_path: str) -> str:
        return skin.rows(
            [(self.href(from_path, i.path), i.listed, i.published.isoformat()) for i in items], self.row_make
        )

    def split(self, column: Column) -> list[list[Item]]:
        """The items by list page; one empty page for a column without items."""
        items, size = self.shown(column), self.setting.per_page
        return [items[start : start + size] for start in range(0, len(items), size)] or [[]]

    def parts(self, column: Column, from_path: str) -> str:
        """Links to the parts of a column."""
        links = "".join(
            f'<li><a href="{self.href(from_path, self.column_path(child))}">{escape(child.title)}</a></li>'
            for child in column.children
        )
        return f'<div class="sub"><ul class="tabs">{links}</ul></div>' if links else ""

    def column_page(self, column: Column, body: str, *, head: str = "") -> str:
        """A page of a column around its list."""
        path = self.column_path(column)
        siblings = (
            self.parts(column.parent, path) if column.parent and self.rng_of(path).random() < 0.5 else ""
        )
        titles = [link.title for link in column.chain]
        crumbs = [("首页", "/"), *((c.title, self.column_path(c)) for c in column.chain)]
        meta = {"ColumnName": column.title, "ColumnType": "信息公开年报"} if column is self.root else {}
        if column is not self.root and self.rng_of(path, "meta").random() < 0.6:
            meta = {"ColumnName": column.title, "ColumnDescription": f"{self.plan.place}{column.title}栏目"}
        inner = f"{siblings}{self.parts(column, path)}<div class='list'>{self.wrap(body)}</div>"
        name = "-".join([*reversed(titles), self.frame.site_name])
        return self.frame.page(name, inner, meta=meta, crumbs=crumbs, side=True, head=head)

    def wrap(self, body: str) -> str:
        """The list element that the rows need."""
        if body.startswith("<tr"):
            return f"<table class='gl_list'><tbody>{body}</tbody></table>"
        return f"<ul class='news_list'>{body}</ul>" if body.startswith("<li") else body

    def rng_of(self, *parts: object) -> random.Random:
        """Randomness that belongs to one page."""
        return random.Random(" ".join(map(str, (self.seed, *parts))))

    # Articles.

    def _put_item(self, item: Item, column: Column) -> None:
        if isinstance(item, Other):
            self.put(item.path, lambda: self.other_page(item))
            if item.bait:
                self.bait.add(item.path)
            return
        if item.gone:
            return
        for address in item.addresses:
            self.truth[address] = item
            self.put_report(address, item, column)
        for file in item.files:
            if file.path and not file.path.startswith("http"):
                self.files[file.path] = item
                self.put_file(item, file)

    def put_report(self, address: str, report: Report, column: Column) -> None:
        self.put(address, lambda: self.report_page(report, column, address))

    def put_file(self, report: Report, file: File) -> None:
        def answer(_request: Request) -> Reply:
            return Reply(file_bytes(report, file, report.revision), 200, self.file_headers(file))

        self.put_answer(file.path, answer)

    def file_headers(self, file: File) -> dict[str, str]:
        """Where the address has no extension, the name stands in Content-Disposition, often in raw GBK."""
        kind = _KINDS.get(file.kind, "application/octet-stream")
        if file.path.partition("?")[0].endswith(file.kind):
            return {"Content-Type": kind}
        raw = file.name.encode("gb18030").decode("utf-8", "surrogateescape")
        disposition = self.rng_of(file.path).choice(
            (f"attachment;filename={raw}", f'attachment; filename="{raw}"',
             f"attachment; filename*=UTF-8''{quote(file.name)}")
        )  # fmt: skip
        return {"Content-Type": "application/octet-stream", "Content-Disposition": disposition}

    def text_of(self, report: Report, path: str) -> str:
        """The body of a report's page, with its files."""
        parts = []
        if report.medium in (Medium.PAGE, Medium.PAGE_AND_FILE):
            parts.append(markup_of(report, self.editor))
        elif report.medium is Medium.FILE:
            parts.append("<p>　　现将报告予以公布，全文见附件。</p>")
        parts += [self.embedded(file, path) for file in report.files]
        return "\n".join(parts)

    def embedded(self, file: File, path: str) -> str:
        """How a page leads to a file."""
        href, name = self.href(path, file.path), escape(file.name)
        match file.embedding:
            case Embedding.WRITTEN:
                return f'<script>if("{name}" != ""){{document.write(\'<a href="{href}">附件-{name}</a><BR/>\');}}</script>'
            case Embedding.VIEWER:
                inner = quote(file.path, safe="")
                return f'<iframe src="/js/pdfjs/web/viewer.html?file={inner}" width="100%" height="900"></iframe>'
            case Embedding.IFRAME:
                return f'<iframe src="{href}" width="800" height="1000"></iframe>'
            case Embedding.EMBED:
                return f'<embed src="{href}" type="application/pdf" width="800">'
            case Embedding.CLICK:
                return f'<a href="javascript:void(0)" onclick="window.open(\'{href}\')">附件：{name}</a>'
            case Embedding.IMAGE:
                return f'<p style="text-align:center"><img src="{href}" border="0" width="700" alt=""></p>'
        return f'<p class="insertfileTag"><a appendix="true" href="{href}" title="{name}" download="{name}">{name}</a></p>'

    def report_page(self, report: Report, column: Column, path: str) -> str:
        return self.article(report, self.text_of(report, path), column)

    def article(self, item: Item, text: str, column: Column | None) -> str:
        """An article's page around its text."""
        rng = self.rng_of("article")
        meta = {}
        if rng.random() < 0.7:
            meta = {
                "ArticleTitle": item.title,
                "PubDate": f"{item.published} 09:{item.number % 60:02}:00",
                "ContentSource": item.agency if isinstance(item, Report) else self.plan.place,
                "ColumnName": column.title if column else "要闻",
            }
        heading = rng.choice(("<h1>{}</h1>", "<div class='title'>{}</div>", "<h2 align='center'>{}</h2>"))
        line = rng.choice(
            (
                "发布时间：{0} 09:12　来源：{1}",
                "发布日期：{0} 浏览次数：<span id='hits'>12</span>",
                "日期：{0}　字体：【大 中 小】",
            )
        ).format(item.published, self.plan.place)
        body = (
            f"{heading.format(escape(item.title))}<div class='info'>{line}</div>"
            f"<div class='{self.editor_container}' id='zoom'>{text}</div>{self.neighbours(item)}"
        )
        title = rng.choice(
            (f"{item.title}-{self.frame.site_name}", self.frame.site_name, f"{item.title}_政府信息公开")
        )
        crumbs = [("首页", "/"), *((c.title, self.column_path(c)) for c in (column.chain if column else []))]
        return self.frame.page(title, body, meta=meta, crumbs=crumbs, side=rng.random() < 0.4)

    def neighbours(self, item: Item) -> str:
        """Share, print and session links below an article."""
        rng = self.rng_of("below", item.path)
        if rng.random() < 0.7:
            return ""
        address = item.path
        mark = "&" if "?" in address else "?"
        return (
            f"<div class='share'><a href='{address}{mark}print=1'>打印</a>"
            f"<a href='{address};jsessionid=8A7F{item.number}'>分享</a></div>"
            if "?" not in address
            else ""
        )

    def other_page(self, item: Other) -> str:
        """An article that is no report."""
        if item.about is not None:
            text = f"<p>一、编制背景</p><p>{escape(item.about.agency)}对本机关{item.about.year}年政府信息公开工作进行了总结。</p>"
            text += f'<p><img src="/images/{item.number}.png" width="800"></p>'
        else:
            text = (
                f"<p>　　{escape(item.title)}。</p>"
                + "<p>　　会议强调，要提高站位，压实责任，狠抓落实。</p>" * 6
            )
        return self.article(item, text, None)

    # Home, sections, robots.

    def _sections(self) -> None:
        """The disclosure section, with the menu that leads to the column."""
        numbers = iter(self.rng_of("sections").sample(range(1000, 99999), 60))
        entry = self.setting.entry
        disclosure = self.section_path("政府信息公开", "zfxxgk", next(numbers))
        affairs = self.section_path("政务公开", "zwgk", next(numbers))
        side = [
            (text, self.section_path(text, f"lm{i}", next(numbers))) for i, text in enumerate(skin.OPEN_MENU)
        ]
        side.append((self.column_text, self.entry_path))
        side.append(("依申请公开", self.section_path("依申请公开", "ysqgk", next(numbers))))
        side.append(("网站工作年度报表", self.section_path("网站工作年度报表", "wzgzndbb", next(numbers))))
        side.append(("法治政府建设年度报告", self.section_path("法治政府建设", "fzzfjsndbg", next(numbers))))
        self.bait |= {side[-1][1], side[-2][1]}
        self.frame.side = side
        top = [(text.format(place=self.plan.place), f"/c{i}/") for i, text in enumerate(skin.MENU)]
        top[0] = ("首页", "/")
        top[3] = ("政务公开", affairs)
        self.frame.links = top
        for text, path in [*side, *top[1:]]:
            if path not in (self.entry_path, affairs, disclosure):
                self.put(path, self._plain_section(text.replace("|", "")))
        shown = [("政府信息公开", disclosure)] if entry in ("deep", "section") else [*side]
        news = "".join(f"<li>{escape(text)}</li>" for text in skin.SERVICES[:12])
        links = "".join(f'<li><a href="{path}">{escape(text)}</a></li>' for text, path in shown)
        body = f"<ul class='gk'>{links}</ul><ul>{news}</ul>"
        self.put(affairs, lambda: self.frame.page("政务公开", body, side=entry != "deep"))
        welcome = "<div class='guide'>政府信息公开专栏</div>"
        self.put(
            disclosure, lambda: self.frame.page("政府信息公开", welcome, side=True, crumbs=[("首页", "/")])
        )
        self._affairs, self._disclosure = affairs, disclosure
        baits = [
            ("网站地图", "/wzdt/"), ("退出登录", "/user/logout.jsp"), ("日历", "/calendar?month=2026-11"),
            ("高级搜索", "/s?searchWord=政府信息公开年报"), ("设为首页", "javascript:;"),
        ]  # fmt: skip
        self.frame.baits = baits
        self.put("/wzdt/", self._plain_section("网站地图"))
        self.put_answer("/calendar", self._calendar)
        self.bait_prefixes += ["/calendar", "/user/", "/s?", "/old/"]
        for path in ("/s", "/user/logout.jsp", "/user/login.jsp"):
            self.put(path, self._plain_section("用户登录"))

    def _plain_section(self, title: str) -> str:
        """A section page without anything of use."""
        text = "".join(f"<li>{escape(line)}</li>" for line in skin.SERVICES[:8])
        return self.frame.page(f"{title}-{self.frame.site_name}", f"<h3>{escape(title)}</h3><ul>{text}</ul>")

    def _calendar(self, request: Request) -> Reply:
        """A calendar that goes on for ever."""
        year, month = map(int, (request.query.get("month") or "2026-11").split("-")[:2])
        after = f"{year + month // 12}-{month % 12 + 1:02}"
        links = f'<a href="/calendar?month={after}">下一页</a> <a href="/calendar?month={year - 1}-{month:02}">{year - 1}年</a>'
        return Reply(self.encode(self.frame.page(f"{year}年{month}月 日历", links)), 200, self.html_headers())

    def _home(self) -> None:
        for item in self.news:
            if not item.path:
                item.path = f"/xw/{item.number}.html"
            self.put(item.path, lambda item=item: self.other_page(item))  # type: ignore[misc]
        entry = self.setting.entry
        if entry == "direct":
            way = f'<h3><a href="{self.entry_path}"><em class="bnt4"></em>政府信息<br> 公开年报</a></h3>'
        elif entry == "title":
            way = f'<a href="{self.entry_path}" title="政府信息公开年报"><img src="/images/nb.png"></a>'
        elif entry == "deep":
            way = ""
        else:
            way = f'<a href="{self._disclosure}" class="big">政府信息公开</a>'
        services = "".join(
            f'<li><a href="{self.section_path(text, f"fw{i}", 3000 + i)}">{text}</a></li>'
            for i, text in enumerate(skin.SERVICES)
        )
        news = skin.rows([(i.path, i.title, i.published.isoformat()) for i in self.news], 0)
        old = (
            '<a href="/old/zfxxgknb/">政府信息公开年报（旧版）</a>'
            if self.setting.robots == "default"
            else ""
        )
        body = (
            f"<div class='focus'><ul>{news}</ul></div><div class='gk'>{way}<a href='{self._affairs}'>政务公开</a></div>"
            f"<div class='fw'><ul>{services}</ul></div>{old}"
        )
        for i, text in enumerate(skin.SERVICES):
            self.put(self.section_path(text, f"fw{i}", 3000 + i), lambda text=text: self._plain_section(text))  # type: ignore[misc]
        self.put("/", lambda: self.frame.page(self.frame.site_name, body))

    def _robots(self) -> None:
        text = self.setting.robots
        if text is None:
            return
        if text == "default":
            text = "User-agent: *\nDisallow: /user/\nDisallow: /s?\nDisallow: /old/\nDisallow: /calendar\n"
        self.put_answer("/robots.txt", lambda _: Reply(text.encode(), 200, {"Content-Type": "text/plain"}))

    def is_bait(self, target: str) -> bool:
        """Whether an address must not be fetched."""
        plain = unquote(target)
        if plain in self.bait or target in self.bait:
            return True
        return any(plain.startswith(prefix) for prefix in self.bait_prefixes) or "print=1" in plain

    # The next day.

    def advance(self, today: date = TODAY) -> Day:
        """A night passes: new reports, one silent edit, one removal, one move. Says what happened. What was
        changed in a night before stays as it is."""
        self.days += 1
        rng, day = self.rng_of(f"day {self.days}"), Day()
        columns = [column for column in self.root.walk() if column.reports]
        reports = [r for r in self.reports if r.medium is Medium.PAGE and r not in self.touched]
        target = columns[0]
        used = {report.agency for report in self.reports}
        unused = [name for name in BUREAUS if self.plan.place + name not in used]
        for bureau in rng.sample(unused, 2):
            made = self.maker.report(self.plan.place + bureau, max(self.plan.years), today)
            made.medium, made.files = Medium.PAGE, []
            target.items.insert(0, made)
            day.new.append(made)
        edited, removed, moved = rng.sample([r for r in reports if r.twins == []] or reports, 3)
        self.touched |= {edited, removed, moved}
        edited.revision += 1
        removed.gone = True
        old = moved.path
        moved.number = self.maker.number()
        moved.path, moved.twins = "", []
        self.build()
        day.edited, day.removed, day.moved = [edited], [removed.path], [(old, moved)]
        day.twins = dict.fromkeys(removed.twins, removed.path)
        return day


def canonical(url: str) -> str:
    """Path and query of a URL as `Portal.truth` has them."""
    parts = urlsplit(url)
    return unquote(parts.path) + (f"?{unquote(parts.query)}" if parts.query else "")


__all__ = ["Day", "Layout", "Portal", "Setting", "Trouble", "canonical"]
