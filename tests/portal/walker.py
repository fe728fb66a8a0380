"""A visitor who does what the pages' scripts do, and nothing else: follows links, frames, embedded files, and
makes the requests of each family's scripts. What it reaches, a crawl can reach; so the zoo asks nothing impossible.

It fetches far more than a crawl may; only bait is left out.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote, unquote, urljoin, urlsplit

from tests.portal.site import Portal, canonical

_LINK = re.compile(r"""(?:href|src|tagname)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_OPENED = re.compile(r"window\.open\('([^']+)'\)")
_NAMES = re.compile(
    r"""(?:createPageHTML|createPage)\((?:'\w+',)?\s*(\d+),\s*(\d+),\s*['"](\w+)['"],\s*['"](\w+)['"]"""
)
_COUNT = re.compile(r"var countPage = (\d+)")
_SUFFIX = re.compile(r"""(?:suffix:'|"\."\+")(\w+)""")
_SKIPPED = (".css", ".js", ".png", ".gif", "ico2.jpg", "index_.")


@dataclass(frozen=True)
class Ask:
    """A request to make; `parent` is sent as Referer."""

    url: str
    parent: str = ""
    body: bytes | None = None
    kind: str = ""


def walk(portal: Portal, limit: int = 5000) -> dict[str, bytes]:
    """The bodies (status 200) of everything within reach, by path and query. Raises `RuntimeError` at the limit."""
    connection = http.client.HTTPConnection(urlsplit(f"http://{portal.name}").netloc, timeout=10)
    waiting, seen, found = [Ask(portal.start_url)], set[tuple[str, bytes | None]](), dict[str, bytes]()
    while waiting:
        ask = waiting.pop()
        parts = urlsplit(ask.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        if (
            (target, ask.body) in seen
            or parts.netloc != portal.name
            or portal.is_bait(target)
            or _useless(target)
        ):
            continue
        seen.add((target, ask.body))
        if len(seen) > limit:
            raise RuntimeError(f"{portal.name} has no end: {target}")
        headers = {"Referer": _quoted(ask.parent)} if ask.parent else {}
        if ask.body is not None:
            headers["Content-Type"] = ask.kind
        connection.request("GET" if ask.body is None else "POST", _quoted(target), ask.body, headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or (ask.parent and not body):
            continue
        found[canonical(ask.url)] = body
        if not body.startswith((b"%PDF", b"PK", b"\xff\xd8")):
            text = _decoded(body)
            waiting += _asks(urlsplit(ask.url)._replace(scheme="http").geturl(), text, portal)
    connection.close()
    return found


def _quoted(address: str) -> str:
    return quote(address, safe="/?&=%:;,{}+|@!$'()*~-._#")


def _useless(target: str) -> bool:
    path = unquote(target.partition("?")[0])
    return ("jsessionid" in path or path.endswith(_SKIPPED)) and not path.endswith("webBuilderCommon.js")


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")


def _asks(url: str, text: str, portal: Portal) -> Iterator[Ask]:
    for link in [*_links(text), *_paged(text)]:
        if not link.startswith(("javascript:", "#")) and "dataproxy.jsp" not in link:
            address = urljoin(url, link).partition("#")[0]
            yield Ask(address, url)
            if "viewer.html?file=" in address:
                yield Ask(urljoin(url, unquote(address.partition("?file=")[2])), url)
    for family, expand in _SCRIPTS.items():
        if family in text or family in url:
            yield from expand(url, text, portal)


def _links(text: str) -> Iterator[str]:
    for link in [*_LINK.findall(text), *_OPENED.findall(text)]:
        yield unescape(link)


def _paged(text: str) -> Iterator[str]:
    """The further pages that a script of TRS or NFCMS names."""
    for total, current, name, extension in _NAMES.findall(text):
        first = 2 if "createPageHTML('" in text or "NFCMS" in text else 1
        yield from (f"{name}_{number}.{extension}" for number in range(first, first + int(total) - 1))
        del current
    for total in _COUNT.findall(text):
        extension = _SUFFIX.search(text)
        if extension:
            yield from (f"index_{number}.{extension[1]}" for number in range(1, int(total)))


def _jpage(url: str, text: str, _: Portal) -> Iterator[Ask]:
    total, per_page = re.search(r"totalRecord:(\d+)", text), re.search(r"perPage:(\d+)", text)
    proxy = re.search(r'href="([^"]*dataproxy\.jsp[^"]*)"', text)
    if total and per_page and proxy and int(total[1]) > int(per_page[1]):
        for page in range(2, -(-int(total[1]) // int(per_page[1])) + 1):
            size = int(per_page[1])
            span = f"&startrecord={(page - 1) * size + 1}&endrecord={page * size}&perpage={size}"
            address = urljoin(url, re.sub(r"page=\d+", f"page={page}", unescape(proxy[1]), count=1) + span)
            yield Ask(address, url)


def _annual(url: str, _text: str, __: Portal) -> Iterator[Ask]:
    area = re.search(r"area=(\w+)", url)
    if area:
        for year in range(2008, 2027):
            yield Ask(urljoin(url, f"/module/xxgk/xxgkAnnualReport.jsp?area={area[1]}&fbtime={year}"), url)


def _jpaas(url: str, text: str, _: Portal) -> Iterator[Ask]:
    for address, query in re.findall(r'url="([^"]+)" queryData="([^"]+)"', text):
        values = json.loads(query.replace("'", '"'))
        pairs = "&".join(f"{name}={quote(value)}" for name, value in values.items())
        for page in range(1, 8):
            paging = "&paramJson=" + quote(json.dumps({"pageNo": page, "pageSize": 15})) if page > 1 else ""
            yield Ask(urljoin(url, f"{address}?{pairs}{paging}"), url)


def _in_json(url: str, text: str, _: Portal) -> Iterator[Ask]:
    if '"html"' in text:
        yield from (Ask(urljoin(url, link), url) for link in _links(json.loads(text)["data"]["html"]))


def _gkmlpt(url: str, text: str, _: Portal) -> Iterator[Ask]:
    sid, tree = re.search(r"SID: '(\d+)'", text), re.search(r"TREE: (\[.*\]),\s*SERVICE_AREA_ID", text)
    detail = re.search(r"DETAIL: (\{.*\})\s*\}\s*</script>", text)
    if sid and tree:
        base = url[: url.index("/gkmlpt")] + "/gkmlpt"
        nodes = json.loads(tree[1])
        while nodes:
            node = nodes.pop()
            nodes += node["children"]
            yield from (
                Ask(f"{base}/api/all/{node['id']}?page={page}&sid={sid[1]}", url) for page in (1, 2, 3)
            )
    if detail:
        held = json.loads(detail[1])
        yield from (Ask(urljoin(url, link), url) for link in _links(held.get("content", "")))
        yield from (Ask(one["url"], url) for one in held.get("attachment", ()))


def _gkmlpt_api(url: str, text: str, _: Portal) -> Iterator[Ask]:
    yield from (
        Ask(row["jump_url"] if row.get("jump_url") else row["url"], url)
        for row in json.loads(text)["articles"]
    )


def _ucap(url: str, text: str, _: Portal) -> Iterator[Ask]:
    channel = re.search(r"""channelId(?:="|" content=")(\w+)""", text)
    search = re.search(r"url:'([^']+)'", text)
    if channel and search:
        for page in range(1, 10):
            query = f"?_isAgg=true&_isJson=true&_pageSize=15&_template=index&page={page}"
            yield Ask(urljoin(url, search[1] + channel[1] + query), url)


def _ucap_json(url: str, text: str, _: Portal) -> Iterator[Ask]:
    if text.startswith('{"data"'):
        for result in json.loads(text)["data"]["results"]:
            yield Ask(urljoin(url, result["url"]), url)
            yield from (Ask(urljoin(url, one["url"]), url) for one in result["resList"])


def _lscms(url: str, text: str, _: Portal) -> Iterator[Ask]:
    posted = re.search(r"url:'/site/label/8888',data:\{([^}]*)\}", text)
    got = re.search(r"'(/site/label/8888\?[^']*)'", text)
    for page in range(1, 10):
        if posted:
            query = "&".join(f"{n}={quote(v)}" for n, v in re.findall(r"(\w+):'([^']*)'", posted[1]))
            query = query.replace("pageIndex=1", f"pageIndex={page}")
            yield Ask(
                urljoin(url, "/site/label/8888"), url, query.encode(), "application/x-www-form-urlencoded"
            )
        elif got:
            yield Ask(urljoin(url, got[1].replace("pageIndex=1", f"pageIndex={page}")), url)


def _epoint(url: str, text: str, portal: Portal) -> Iterator[Ask]:
    codes = re.search(r"deptcode=([\w-]+)&categorynum=(\w+)", url)
    if not codes or "govlist" not in text:
        return
    common = _decoded(portal.pages["/js/webBuilderCommon.js"](None).body)  # type: ignore[arg-type]
    project, guid = (re.search(rf"{name}: '([^']*)'", common) for name in ("projectName", "siteGuid"))
    assert project is not None
    assert guid is not None
    for page in range(4):
        body = {
            "deptcode": codes[1],
            "categorynum": codes[2],
            "siteGuid": guid[1],
            "pageIndex": page,
            "pageSize": 50,
        }
        address = urljoin(url, f"{project[1]}/rest/lightfrontaction/getgovinfolist")
        yield Ask(address, url, json.dumps(body).encode(), "application/json")


def _epoint_json(url: str, text: str, _: Portal) -> Iterator[Ask]:
    yield from (Ask(urljoin(url, row["infourl"]), url) for row in json.loads(text)["custom"]["data"])


def _truecms(url: str, text: str, _: Portal) -> Iterator[Ask]:
    proxy = re.search(r"proxyUrl:'([^']+getMessage\.do)',columnId:'(\w+)'", text)
    if proxy:
        for start in range(1, 200, 20):
            query = f"?startrecord={start}&endrecord={start + 19}&perpage=20&columnId={proxy[2]}&callback=cb"
            yield Ask(urljoin(url, proxy[1] + query), url)


def _truecms_json(url: str, text: str, _: Portal) -> Iterator[Ask]:
    if text.startswith("cb("):
        yield from (Ask(urljoin(url, link), url) for link in _links(json.loads(text[3:-1])["result"]))


_SCRIPTS = {
    ".jpage(": _jpage,
    "xxgkAnnualReport.jsp?": _annual,
    "unitbuild.js": _jpaas,
    "build/unit?": _in_json,
    "_CONFIG": _gkmlpt,
    "/gkmlpt/api/": _gkmlpt_api,
    "_isAgg=true&_isJson=true&_pageSize='": _ucap,
    "_isJson=true&_pageSize=15&": _ucap_json,
    "/site/label/8888": _lscms,
    "govInfoPub.html": _epoint,
    "getgovinfolist": _epoint_json,
    "truePage": _truecms,
    "getMessage.do?": _truecms_json,
}
"""What a script does, by the mark of a page or address that it belongs to."""


def unreached(portal: Portal, found: dict[str, bytes]) -> list[str]:
    """Addresses that a crawl owes and the walk did not reach."""
    reports = [r.path for r in portal.reports if not any(unquote(a) in found for a in r.addresses)]
    return [*reports, *(path for path in portal.files if unquote(path) not in found)]


def walked(portals: Iterable[Portal]) -> dict[str, list[str]]:
    """By portal that is not within reach: what is missing."""
    missing = {f"{p.name} {p.family} {p.setting.variant}": unreached(p, walk(p)) for p in portals}
    return {name: paths for name, paths in missing.items() if paths}
