"""Addresses: which host they are on, which two mean the same page, which lead to a document."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_DEFAULT_PORT = {"http": 80, "https": 443}
# What sessions, caches and click counters add to an address ("jump" is gkmlpt's).
_VOLATILE = {
    *("jsessionid", "phpsessid", "aspsessionid", "sessionid", "session_id"),
    *("_", "timestamp", "callback", "visitcount", "jump"),
}
_LONG_TOKEN = 12
"""Characters from which a parameter "sid" is a session and not a number of the portal."""
# What share buttons add, and what asks for another dress of the same page.
_DRESS = {
    *("print", "isprint", "printable", "mobile", "ismobile", "wap"),
    *("share", "from", "isappinstalled", "spm", "utm_source", "utm_medium"),
}
_SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_SCRIPT = re.compile(r"\.(?:jsp|aspx?|php)$", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:s?html?|jsp|aspx?|php)$", re.IGNORECASE)
_MOBILE_POST = re.compile(r"/mpost_(\d+)")
_TWIN_FILE = re.compile(r"_(?:wap|mobile|print)(\.\w+)$|/(?:wap|mobile|print)(?=/)", re.IGNORECASE)
_VSB_ARTICLE = re.compile(r"info/\d+/(\d+)\.htm$")
_ASCII = "".join(map(chr, range(33, 127)))
_POSTING = "__wb_method=POST&"

DOCUMENTS = frozenset(
    {"pdf", "doc", "docx", "wps", "xls", "xlsx", "et", "txt", "rtf", "zip", "rar", "ofd", "ceb"}
)
IMAGES = frozenset({"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff"})
_SUFFIX = re.compile(r"\.([A-Za-z]{2,4})$")
_SUFFIX_IN_QUERY = re.compile(r"\.([A-Za-z]{3,4})(?:$|[&|?#])")
_DOWNLOAD = re.compile(
    r"/(?:file-)?down(?:load|file)(?:$|/[\w-]*\d[^/]*$)"
    r"|/[\w-]*(?:down(?:load|file)|attach)[\w-]*\.(?:jspx?|do|action|aspx?|ashx|php|vsb)$",
    re.IGNORECASE,
)


def split_url(url: str) -> SplitResult | None:
    """Parts of an absolute http(s) URL with a host and a valid port; None for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORT or not parts.hostname:
        return None
    return parts


@lru_cache(maxsize=4096)
def host_key(url: str) -> str:
    """The host of a URL as sites own it: lower case, without "www." and default port ("" for no host)."""
    parts = split_url(url)
    if parts is None or parts.hostname is None:
        return ""
    host = parts.hostname.removeprefix("www.")
    if parts.port is None or parts.port == _DEFAULT_PORT[parts.scheme]:
        return host
    return f"{host}:{parts.port}"


def absolute(base: str, href: str, encoding: str = "utf-8") -> str | None:
    """`href` of a page at `base` as an absolute http(s) URL without fragment and session parts; what its
    query has beyond ASCII is sent in the page's own encoding, as browsers do."""
    try:
        joined = urljoin(base, href.strip())
    except ValueError:
        return None
    parts = split_url(joined)
    if parts is None:
        return None
    path = _MOBILE_POST.sub(r"/post_\1", _SESSION_PATH.sub("", parts.path)) or "/"
    query = quote(parts.query, safe=_ASCII, encoding=encoding, errors="replace")
    pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
    kept = [(name, value) for name, value in pairs if not _is_volatile(name.lower(), value)]
    if len(kept) < len(pairs):
        query = urlencode(kept, encoding="latin-1")
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _is_volatile(name: str, value: str) -> bool:
    return name in _VOLATILE or (name == "sid" and len(value) >= _LONG_TOKEN)


def page_key(url: str) -> str:
    """The same for two addresses of one page: no scheme, no "www.", no index file, slashes single, the
    mobile and printed dress undone. An article of VSB is known by its number under any column, by its
    static and by its dynamic address."""
    if _POSTING in url:
        return url
    parts = urlsplit(url)
    path = _MOBILE_POST.sub(r"/post_\1", re.sub(r"/{2,}", "/", parts.path or "/"))
    path = unquote(_INDEX.sub("/", _TWIN_FILE.sub(r"\1", path)))
    # Read as Latin-1, bytes of every encoding stay apart.
    pairs = parse_qsl(quote(parts.query, safe=_ASCII), keep_blank_values=True, encoding="latin-1")
    pairs = [pair for pair in pairs if pair[0].lower() not in _DRESS]
    news = dict(pairs).get("wbnewsid")
    if news and path.endswith("content.jsp"):
        return f"{host_key(url)}{path.rpartition('/')[0]}/info/{news}"
    if vsb := _VSB_ARTICLE.search(path):
        return f"{host_key(url)}{path[: vsb.start()]}info/{vsb[1]}"
    return f"{host_key(url)}{path}" + (f"?{urlencode(sorted(pairs))}" if pairs else "")


def is_twin_address(url: str) -> bool:
    """Whether an address asks for the mobile or printed dress of a page that has another address too."""
    parts = urlsplit(url)
    dressed = any(name.lower() in _DRESS for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return dressed or bool(_TWIN_FILE.search(parts.path))


def posting(url: str, form: str) -> str:
    """The address by which queue, archive and index know what a POST of `form` (URL-encoded, or a JSON
    object) to `url` answers: the form stands in the query behind a mark, as pywb indexes such requests."""
    return f"{url}{'&' if '?' in url else '?'}{_POSTING}{quote(form) if form.startswith('{') else form}"


def posted(address: str) -> tuple[str, str] | None:
    """URL and form of an address that `posting` made; None for an address that is simply fetched."""
    url, mark, form = address.partition(_POSTING)
    if not mark:
        return None
    return url[:-1], unquote(form) if form.startswith("%7B") else form


def directory(url: str) -> str:
    """The directory part of a URL's path, with both slashes: "/a/b/" of /a/b/index.html."""
    return urlsplit(url).path.rpartition("/")[0] + "/"


def is_directory(url: str) -> bool:
    """Whether a URL names a directory or its index page, not a page inside; index.php?id=1 is one inside."""
    parts = urlsplit(url)
    index = _INDEX.search(parts.path) and not (parts.query and _SCRIPT.search(parts.path))
    return parts.path.endswith("/") or not parts.path or bool(index)


def document_suffix(url: str) -> str | None:
    """The file type that a URL names, in path or query ("pdf"; "" for a download script that names none);
    None where the URL does not lead to a file."""
    parts = urlsplit(url)
    known = DOCUMENTS | IMAGES
    match = _SUFFIX.search(unquote(parts.path))
    if match and match[1].lower() in known:
        return match[1].lower()
    for match in _SUFFIX_IN_QUERY.finditer(unquote(parts.query)):
        if match[1].lower() in known:
            return match[1].lower()
    return "" if _DOWNLOAD.search(parts.path) else None


def viewed_file(url: str) -> str | None:
    """The file that a viewer page shows (viewer.html?file=...), as an absolute URL. A download script is no
    viewer: the file may lie nowhere else."""
    if _DOWNLOAD.search(urlsplit(url).path):
        return None
    for name, value in parse_qsl(urlsplit(url).query):
        if name.lower() in {"file", "fileurl", "url", "src"} and document_suffix(value) is not None:
            return absolute(url, value)
    return None
