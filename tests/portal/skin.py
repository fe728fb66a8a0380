"""What surrounds a text on a portal: head, menus, breadcrumbs, foot, noise, in several makes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from html import escape

MENU = (
    "首页",
    "走进{place}",
    "新闻中心",
    "政务公开",
    "政务服务",
    "互动交流",
    "数据开放",
    "专题专栏",
    "招商引资",
)
SERVICES = (
    "个人办事", "法人办事", "办事指南", "便民查询", "在线预约", "好差评", "12345热线", "县长信箱", "民意征集", "在线访谈",
    "意见建议", "投诉举报", "政策文件", "政策解读", "规划计划", "统计信息", "财政预决算", "政府采购", "重大项目", "行政执法公示",
    "双随机一公开", "权责清单", "人事任免", "招考录用", "应急管理", "环境保护", "食品药品", "教育信息", "医疗卫生", "社会救助",
    "乡村振兴", "营商环境", "政府常务会议", "政府工作报告", "建议提案办理", "领导之窗", "机构设置", "县情概况", "天气预报", "无障碍浏览",
)  # fmt: skip
OPEN_MENU = ("政府信息公开指南", "政府信息公开制度", "法定主动公开内容", "政府信息公开目录")
STYLES = ("div", "table", "modern", "gov")


@dataclass
class Frame:
    """What pages of a portal have in common. `links` are (text, path) of the top menu, `side` of the menu of
    the disclosure section, `baits` stand in the foot of each page, `meta` are the portal's own fields."""

    place: str
    site_name: str
    style: str
    charset: str
    code: str
    links: list[tuple[str, str]] = field(default_factory=list)
    side: list[tuple[str, str]] = field(default_factory=list)
    baits: list[tuple[str, str]] = field(default_factory=list)
    fingerprint: str = ""
    placeholders: bool = False

    def page(
        self,
        title: str,
        body: str,
        *,
        meta: dict[str, str] | None = None,
        crumbs: list[tuple[str, str]] | None = None,
        side: bool = False,
        head: str = "",
        rng: random.Random | None = None,
    ) -> str:
        """A whole page around `body`."""
        rng = rng or random.Random(title)
        fields = {"SiteName": self.site_name, "SiteDomain": "portal.example", "SiteIDCode": self.code}
        if self.placeholders:
            fields = {"SiteName": "网站名称", "SiteDomain": "网站域名", "SiteIDCode": "政府网站标识码"}
        fields |= meta or {}
        metas = "".join(f'<meta name="{n}" content="{escape(v)}">\n' for n, v in fields.items())
        top = self._list(self.links, "nav", rng)
        trail = " &gt; ".join(f'<a href="{p}">{escape(t)}</a>' for t, p in crumbs or [])
        trail = f'<div class="position">您当前的位置：{trail}</div>' if crumbs else ""
        left = self._list(self.side, "leftmenu", rng) if side else ""
        foot = "".join(f'<a href="{p}">{escape(t)}</a> | ' for t, p in self.baits)
        foot = (
            f'<div class="foot">{foot}<a href="javascript:window.print()">打印本页</a>'
            f'<a href="javascript:void(0)" onclick="window.close()">关闭窗口</a>'
            f"<p>主办单位：{self.place}人民政府办公室 网站标识码：{self.code}</p></div>"
        )
        inner = {
            "div": f'<div class="top">{top}</div>{trail}<div class="wrap">{left}<div class="con">{body}</div></div>',
            "table": f'<table width="1000" align="center"><tr><td>{top}</td></tr><tr><td>{trail}</td></tr>'
            f'<tr><td><table><tr><td width="220" valign="top">{left}</td><td valign="top">{body}</td></tr></table></td></tr></table>',
            "modern": f"<header><nav>{top}</nav></header><main class='container'>{trail}<aside>{left}</aside>"
            f"<section class='main-content'>{body}</section></main>",
            "gov": f"<div id='header'>{top}</div><div class='layui-container'>{trail}<div class='xxgk_left'>{left}</div>"
            f"<div class='xxgk_right'>{body}</div></div>",
        }[self.style]
        doctype = (
            "<!DOCTYPE html>" if self.style != "table" else "<HTML xmlns='http://www.w3.org/1999/xhtml'>"
        )
        return (
            f'{doctype}<head><meta http-equiv="Content-Type" content="text/html; charset={self.charset}">\n'
            f"{metas}<title>{escape(title)}</title>\n"
            f'<link rel="stylesheet" href="/css/style.css"><script src="/js/jquery.min.js"></script>{head}</head>\n'
            f"<body>{inner}{foot}{self.fingerprint}</body></html>"
        )

    def _list(self, links: list[tuple[str, str]], name: str, rng: random.Random) -> str:
        cell = {"table": "<td>{}</td>"}.get(self.style, "<li>{}</li>")
        shown = "".join(
            cell.format(f'<a href="{path}"{rng.choice(("", " target=_blank"))}>{_shown(text)}</a>')
            for text, path in links
        )
        if self.style == "table":
            return f"<table class='{name}'><tr>{shown}</tr></table>"
        return f"<ul class='{name}'>{shown}</ul>"


def _shown(text: str) -> str:
    """A "|" in a menu text is where the designer broke the line."""
    return escape(text).replace("|", "<br> ")


def rows(links: list[tuple[str, str, str]], make: int) -> str:
    """List rows of (href, title, date) in one of the ways that portals print them (0 to 6)."""
    return "\n".join(_row(href, title, date, make) for href, title, date in links)


ROW_MAKES = 7


def _row(href: str, title: str, date: str, make: int) -> str:
    full, cut = escape(title, quote=True), escape(title if len(title) < 26 else title[:22] + "...")
    if make == 0:
        return f'<li><a href="{href}" title="{full}">{cut}</a><span>{date}</span></li>'
    if make == 1:
        return f'<li><a href="{href}" title="{full}">{full}<span>{date}</span></a></li>'
    if make == 2:
        return (
            f'<tr valign="top"><td width="25"><img src="/images/ico2.jpg"></td><td><a href="{href}">{full}</a></td>'
            f"<td>{date}</td></tr>"
        )
    if make == 3:
        return f"<li><SPAN>[{date}]</SPAN><A href='{href}' target='_blank'>{full}</A></li>"
    if make == 4:
        return (
            f'<dl><dt><a href="{href}" title="{full}"><em>{cut}</em></a></dt><dd>发布日期：{date}</dd></dl>'
        )
    if make == 5:
        return (
            f'<li id="line_u8_{len(href)}"><a href="{href}" target="_blank" title="{full}" class="tt1">'
            f'{cut}</a><p class="date">{date.replace("-", "/")}</p></li>'
        )
    return (
        f'<div class="item"><i>·</i> <a href="{href}">{full}</a> <font color="#999">({date[5:]})</font></div>'
    )
