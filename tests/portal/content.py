"""What a portal holds: agencies, their reports, what lies between the reports, the tree of the column."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

BUREAUS = (
    "财政局", "教育局", "民政局", "司法局", "审计局", "水务局", "农业农村局", "卫生健康局", "应急管理局",
    "统计局", "交通运输局", "发展和改革局", "市场监督管理局", "人力资源和社会保障局", "自然资源局",
    "住房和城乡建设局", "文化体育和旅游局", "退役军人事务局", "医疗保障局", "工业和信息化局", "商务局",
    "林业局", "乡村振兴局", "行政审批服务局", "信访局", "城市管理局",
)  # fmt: skip
TOWNSHIPS = (
    "石桥镇", "双河乡", "柳林镇", "白塔镇", "清水乡", "大湾镇", "东关街道", "西城街道", "马家坪乡", "红岩镇",
    "龙泉镇", "高坪乡", "新华街道", "南门街道", "沙河镇", "青石苗族乡",
)  # fmt: skip
_TITLES = (
    "{agency}{year}年政府信息公开工作年度报告",
    "{agency}{year}年度政府信息公开工作年度报告",
    "{year}年{agency}政府信息公开工作年度报告",
    "{agency}关于{year}年政府信息公开年度工作情况的报告",
    "{agency} {year} 年政府信息公开年度报告",
    "{agency}{year}年度政府信息公开工作年报",
    "{agency}{year}年政府信息公开年报",
    "{agency}{year}年度政府信息公开工作报告",
)
_DECOYS = (
    "{place}{year}年法治政府建设年度报告",
    "{agency}{year}年度法治政府建设情况报告",
    "{place}人民政府网站{year}年政府网站工作年度报表",
    "{agency}{year}年度部门决算公开",
    "{agency}{year}年部门预算",
    "{place}住房公积金{year}年年度报告",
    "关于做好{year}年政府信息公开工作年度报告编制和发布工作的通知",
    "{place}第一中学{year}年信息公开年度报告",
    "{place}人民医院{year}年度信息公开年度报告",
    "{year}年{place}政务公开工作要点",
    "{year}年{place}国民经济和社会发展统计公报",
    "{place}{year}年政务公开第三方评估结果",
)
_NEWS = (
    "{place}召开{year}年度工作会议暨党风廉政建设会议",
    "{agency}开展安全生产大检查",
    "{place}领导调研重点项目建设",
    "{agency}举办政务公开业务培训班",
    "{place}{year}年春季义务植树活动启动",
)
_VARIANTS = (
    "一图读懂：{title}", "【文字解读】{title}", "{title}（图解）", "{title}解读", "《{title}》文字解读"
)  # fmt: skip


class Layout(StrEnum):
    """How a column is divided."""

    FLAT = "flat"
    YEARS = "years"
    GROUPS = "groups"
    """本级, 部门, 乡镇."""
    YEARS_GROUPS = "years and groups"
    ORGANS = "organs"
    """Each department has a column of its own."""


class Medium(StrEnum):
    """Where the text of a report is."""

    PAGE = "page"
    PAGE_AND_FILE = "page and file"
    FILE = "file"
    """The page only leads to a file."""
    SCAN = "scan"
    """The page shows pictures."""


class Embedding(StrEnum):
    """How a page leads to a file."""

    LINK = "link"
    WRITTEN = "document.write"
    VIEWER = "viewer.html?file="
    IFRAME = "iframe"
    EMBED = "embed"
    CLICK = "onclick"
    IMAGE = "img"


@dataclass(eq=False)
class File:
    """A file of a report: `path` is its address on the host, set by the portal; `name` what it is called."""

    kind: str
    name: str
    embedding: Embedding
    path: str = ""
    number: int = 0
    holds_report: bool = True


@dataclass(eq=False)
class Report:
    """A true report. `listed` is what lists show; `path` and `twins` are the addresses (path and query) under
    which its full text stands; `revision` counts silent edits."""

    agency: str
    year: int
    title: str
    listed: str
    published: date
    number: int
    medium: Medium = Medium.PAGE
    files: list[File] = field(default_factory=list)
    path: str = ""
    twins: list[str] = field(default_factory=list)
    revision: int = 0
    gone: bool = False

    @property
    def addresses(self) -> list[str]:
        return [self.path, *self.twins]


@dataclass(eq=False)
class Other:
    """What stands in a list and is no report. `bait`: its title gives it away, so it must not be fetched."""

    title: str
    published: date
    number: int
    bait: bool
    about: Report | None = None
    path: str = ""

    @property
    def listed(self) -> str:
        return self.title


Item = Report | Other


@dataclass(eq=False)
class Column:
    """A list: its own items and its parts. `slug` is a directory name, `number` an id of the portal."""

    title: str
    slug: str
    number: int
    children: list[Column] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    parent: Column | None = None
    organ: str | None = None

    def walk(self) -> Iterator[Column]:
        yield self
        for child in self.children:
            yield from child.walk()

    def add(self, child: Column) -> Column:
        child.parent = self
        self.children.append(child)
        return child

    @property
    def chain(self) -> list[Column]:
        return [*(self.parent.chain if self.parent else []), self]

    @property
    def reports(self) -> list[Report]:
        return [item for item in self.items if isinstance(item, Report) and not item.gone]


@dataclass(frozen=True)
class Plan:
    """How much a portal holds: years, departments, townships, how the column is divided, and the shares of
    reports that come with files or with variants; `decoys` a list; whether some files are `scans`."""

    place: str
    layout: Layout = Layout.FLAT
    years: range = range(2018, 2026)
    bureaus: int = 4
    townships: int = 0
    decoys: int = 4
    files: float = 0.06
    variants: float = 0.05
    odd_titles: float = 0.15
    scans: bool = True


class Maker:
    """Makes the content of one portal from a seed."""

    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan = plan
        self.rng = rng
        self._number = rng.randrange(100_000, 9_000_000)

    def number(self) -> int:
        self._number += self.rng.randrange(1, 400)
        return self._number

    def agencies(self) -> dict[str, list[str]]:
        place, plan = self.plan.place, self.plan
        return {
            "own": [f"{place}人民政府办公室"],
            "bureaus": [f"{place}{name}" for name in self.rng.sample(BUREAUS, plan.bureaus)],
            "townships": [
                f"{place}{name}{'办事处' if name.endswith('街道') else '人民政府'}"
                for name in self.rng.sample(TOWNSHIPS, plan.townships)
            ],
        }

    def column(self, root: Column) -> Column:
        """Fill the root column by the plan's layout."""
        groups = self.agencies()
        layout, years = self.plan.layout, [*reversed(self.plan.years)]
        if layout is Layout.FLAT:
            self._fill(root, [name for group in groups.values() for name in group], years, whole=True)
        elif layout is Layout.YEARS:
            for year in years:
                names = [name for group in groups.values() for name in group]
                self._fill(root.add(self._year(year)), names, [year])
        elif layout is Layout.GROUPS:
            for part, names in self._groups(groups):
                self._fill(root.add(part), names, years, whole=True)
        elif layout is Layout.YEARS_GROUPS:
            for year in years:
                column = root.add(self._year(year))
                for part, names in self._groups(groups):
                    self._fill(column.add(part), names, [year])
        else:
            for part, names in self._groups(groups):
                root.add(part)
                for name in names:
                    column = Column(name, f"bm{self.rng.randrange(100, 999)}", self.number(), organ=name)
                    self._fill(part.add(column), [name], years, whole=True)
        return root

    def report(
        self, agency: str, year: int, published: date | None = None, *, inside: bool = False
    ) -> Report:
        """A report as the portal lists it; `inside` a column of its year, an agency's name may be enough."""
        rng = self.rng
        published = published or date(year + 1, 1, 6) + timedelta(days=rng.randrange(0, 75))
        title = rng.choice(_TITLES).format(agency=agency, year=year)
        listed = title
        if rng.random() < self.plan.odd_titles:
            if inside:
                listed = rng.choice((agency, f"{agency}政府信息公开工作年度报告", f"{agency}{year}年度报告"))
            else:
                listed = rng.choice(
                    (f"{year}年度政府信息公开工作年报（{agency}）", f"《{title}》", f"{title}（公示）")
                )
        made = Report(agency, year, title, listed, published, self.number())
        if rng.random() < self.plan.files:
            self._attach(made)
        return made

    def _attach(self, report: Report) -> None:
        rng = self.rng
        report.medium = rng.choice((Medium.FILE, Medium.FILE, Medium.PAGE_AND_FILE, Medium.SCAN))
        if report.medium is Medium.SCAN and not self.plan.scans:
            report.medium = Medium.PAGE_AND_FILE
        if report.medium is Medium.SCAN:
            report.files.append(File("jpg", "扫描件", Embedding.IMAGE, number=self.number()))
            return
        kind = rng.choice(("pdf", "docx", "pdf"))
        ways = (Embedding.LINK, Embedding.LINK, Embedding.WRITTEN, Embedding.CLICK)
        if kind == "pdf":
            ways += (Embedding.VIEWER, Embedding.IFRAME, Embedding.EMBED)
        name = f"{report.title}.{kind}"
        report.files.append(File(kind, name, rng.choice(ways), number=self.number()))

    def _year(self, year: int) -> Column:
        title = self.rng.choice((f"{year}年", f"{year}年度", f"{year}", f"{year}年年报"))
        slug = self.rng.choice((f"{year}n", f"{year}", f"nb_{year}n", f"{year}n_{self.number()}"))
        return Column(title, slug, self.number())

    def _groups(self, groups: dict[str, list[str]]) -> Iterator[tuple[Column, list[str]]]:
        rng = self.rng
        level = "市" if self.plan.place.endswith("市") else "县"
        names = {
            "own": (rng.choice((f"{level}政府本级", f"{level}政府", "政府办公室", "本级")), "bj"),
            "bureaus": (rng.choice((f"{level}直部门", f"{level}政府部门", "部门", f"{level}级部门")), "bm"),
            "townships": (rng.choice(("乡镇街道", "乡镇（街道）", "镇街", "各乡镇")), "xz"),
        }
        for group, members in groups.items():
            if members:
                title, slug = names[group]
                yield Column(title, f"{slug}nb", self.number()), members

    def _fill(self, column: Column, agencies: list[str], years: list[int], *, whole: bool = False) -> None:
        rng, items = self.rng, column.items
        for year in years:
            for agency in agencies:
                made = self.report(agency, year, inside=not whole)
                items.append(made)
                if rng.random() < self.plan.variants and made.medium is Medium.PAGE:
                    title = rng.choice(_VARIANTS).format(title=made.title)
                    items.append(Other(title, made.published, self.number(), bait=False, about=made))
        for _ in range(min(self.plan.decoys, max(1, len(items) // 4))):
            items.append(self._decoy(rng.choice(agencies), rng.choice(years)))
        items.sort(key=lambda item: (item.published, item.number), reverse=True)

    def _decoy(self, agency: str, year: int) -> Other:
        news = self.rng.random() < 0.25
        title = self.rng.choice(_NEWS if news else _DECOYS)
        title = title.format(agency=agency, year=year, place=self.plan.place)
        published = date(year + 1, 1, 6) + timedelta(days=self.rng.randrange(0, 80))
        return Other(title, published, self.number(), bait=not news)

    def news(self) -> Other:
        """An article of the home page that has nothing to do with reports."""
        title = self.rng.choice(_NEWS).format(
            agency=f"{self.plan.place}{self.rng.choice(BUREAUS)}", year=2026, place=self.plan.place
        )
        return Other(
            title, date(2026, 1, 1) + timedelta(days=self.rng.randrange(300)), self.number(), bait=False
        )
