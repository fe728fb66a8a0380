"""Office Open XML packages: parts of a zip as trees, and what is read from their elements.

Elements are matched by local name, so that transitional and strict documents read alike.
"""

from __future__ import annotations

import zipfile

from lxml import etree

from parsers.model import IssueCode, ReadError

MEMBER_LIMIT = 64 * 1024 * 1024
"""Most bytes that one part may have unpacked; the largest real reports have about 2 MB."""


def read_part(package: zipfile.ZipFile, name: str) -> etree._Element | None:
    """One part as a tree, None where the package has none of this name.

    Bounded in size, and without entities, which no office program writes. Raises ReadError(DAMAGED_FILE), and
    what zipfile raises.
    """
    if name not in package.namelist():
        return None
    member = package.getinfo(name)
    if member.flag_bits & 1:
        raise ReadError(IssueCode.DAMAGED_FILE, f"{name} is encrypted")
    with package.open(member) as stream:
        content = stream.read(MEMBER_LIMIT + 1)
    if len(content) > MEMBER_LIMIT:
        raise ReadError(IssueCode.DAMAGED_FILE, f"{name} unpacks to more than {MEMBER_LIMIT} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"{name} is not XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ReadError(
            IssueCode.DAMAGED_FILE, f"{name} declares a document type, which no office program does"
        )
    return root


def local_name(element: etree._Element) -> str:
    """The name without its namespace; empty for processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by its local name, "" where there is none."""
    found = (value for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name)
    return str(next(found, ""))


def val(element: etree._Element, path: str) -> str:
    """The `w:val` of the element at a path of local names ("pPr/pStyle"), "" where there is none."""
    found = element.find("/".join("{*}" + name for name in path.split("/")))
    return "" if found is None else attribute(found, "val")


def number(element: etree._Element, path: str) -> int | None:
    """The `w:val` at a path as a whole number, None where there is none."""
    value = val(element, path)
    return int(value) if value.isascii() and value.isdigit() else None
