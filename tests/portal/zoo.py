"""Which portals there are: every family in its variants, each with its own content, and the hosts with faults."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from tests.portal.content import Layout, Plan
from tests.portal.families import FAMILIES
from tests.portal.faults import troubled
from tests.portal.server import Server
from tests.portal.site import Portal, Setting, Trouble

PLACES = (
    "青峪县", "临泽市", "白水县", "云岭县", "沙河市", "东山县", "凤台区", "柳河县", "石泉县", "长乐市", "南溪区", "宁川县",
    "桃源县", "大埔县", "平阳县", "安岭区", "海丰市", "松溪县", "玉泉区", "金沙县", "丰乐县", "永定县", "浦江县", "洪泽区",
)  # fmt: skip
_WIDE = Plan("", Layout.YEARS_GROUPS, range(2019, 2026), bureaus=10, townships=6, decoys=2)
_YEARS = Plan("", Layout.YEARS, range(2018, 2026), bureaus=8, townships=3, decoys=3)
_GROUPS = Plan("", Layout.GROUPS, range(2019, 2026), bureaus=8, townships=5, decoys=4)
_FLAT = Plan("", Layout.FLAT, range(2017, 2026), bureaus=5, townships=0, decoys=6)
_OWN = Plan("", Layout.FLAT, range(2012, 2026), bureaus=0, townships=0, decoys=3)
_ORGANS = Plan("", Layout.ORGANS, range(2016, 2026), bureaus=5, townships=2, decoys=1)


@dataclass(frozen=True)
class Exhibit:
    """One portal to be: its family and setting. `small`: part of the zoo of the test suite."""

    family: str
    setting: Setting
    small: bool = False


def show(family: str, plan: Plan, *, small: bool = False, **more: object) -> Exhibit:
    return Exhibit(family, Setting(plan, **more), small)  # type: ignore[arg-type]


def _settings() -> Iterator[Exhibit]:
    yield show("trs", _WIDE, division="500151", compress=True)
    yield show("trs", _FLAT, variant=1, entry="direct", division="420106", small=True)
    yield show("trs", _YEARS, variant=2, entry="title", division="130400", validators=True)
    yield show("trs", _GROUPS, variant=3, start="column", division="220100")
    yield show("trs", _ORGANS, variant=4, entry="deep", division="500110", robots=None)
    yield show("trs", _FLAT, variant=5, encoding="gbk", division="150600")
    yield show("jpage", _YEARS, division="320100", small=True)
    yield show("jpage", _FLAT, variant=1, start="column", division="330100")
    yield show("jpage", _GROUPS, variant=2, division="210200", latency=0.02)
    yield show("xxgk", replace(_FLAT, bureaus=9), division="370902", small=True)
    yield show("xxgk", replace(_FLAT, bureaus=6), variant=1, division="370800")
    yield show("jpaas", _YEARS, division="620300", small=True)
    yield show("jpaas", _FLAT, variant=1, start="column", division="330500")
    yield show("gkmlpt", _FLAT, division="441800", http_only=True)
    yield show("gkmlpt", _YEARS, variant=1, division="440785", small=True)
    yield show("nfcms", _FLAT, division="440800", http_only=True)
    yield show("nfcms", _GROUPS, variant=1, start="column", division="441500", small=True)
    yield show("ucap", _FLAT, division="230100", small=True)
    yield show("ucap", _YEARS, variant=1, division="650100")
    yield show("ucap", _GROUPS, variant=2, start="column", division="360100")
    yield show("vsb", _FLAT, division="530100", small=True)
    yield show("vsb", _YEARS, variant=1, division="511400", validators=True)
    yield show("vsb", _GROUPS, variant=2, start="column", division="620700")
    yield show("lscms", _FLAT, division="340100", small=True)
    yield show("lscms", _ORGANS, variant=1, division="340600")
    yield show("lscms", _GROUPS, variant=2, start="column", division="510700")
    yield show("openness", _FLAT, division="341200", small=True)
    yield show("openness", _ORGANS, variant=1, division="341800")
    yield show("openness", _YEARS, variant=2, start="column", division="340500")
    yield show("gongkai", replace(_YEARS, variants=0.4), division="370112", small=True)
    yield show("shaanxi", _GROUPS, division="610600", small=True)
    yield show("shaanxi", _YEARS, variant=1, start="column", division="610800")
    yield show("neimenggu", _YEARS, division="152500", small=True)
    yield show("neimenggu", _FLAT, variant=1, division="152200")
    yield show("epoint", _FLAT, division="320300", small=True)
    yield show("epoint", _ORGANS, variant=1, division="320300")
    yield show("truecms", _FLAT, division="320600", small=True)
    yield show("truecms", _YEARS, variant=1, start="column", division="320800")
    yield show("eportal", _FLAT, division="131100", small=True)
    yield show("eportal", _GROUPS, variant=1, division="110100", mixed=True)
    yield show("generic", _FLAT, division="630100", small=True)
    yield show("generic", _YEARS, variant=1, division="320400", encoding="gbk")
    yield show("generic", _FLAT, variant=2, division="320800")
    yield show("generic", _OWN, variant=3, division="360800", entry="direct", soft_404=True)
    yield show("generic", _GROUPS, variant=4, start="column", division="510800")
    yield show(
        "generic",
        replace(_YEARS, bureaus=0, townships=0, decoys=0, files=0.0, variants=0.0),
        variant=5,
        division="520200",
    )
    yield show("generic", _FLAT, variant=6, encoding="gbk", division="231000", entry="direct")


def _troubled() -> Iterator[Exhibit]:
    yield show("trs", _FLAT, division="500112", trouble=Trouble.RESET, small=True)
    yield show("nfcms", _YEARS, division="440900", trouble=Trouble.CUT)
    yield show("ucap", _FLAT, division="230200", trouble=Trouble.CUT_GZIP)
    yield show("vsb", _FLAT, division="530300", trouble=Trouble.SLOW)
    yield show("openness", _FLAT, division="341600", trouble=Trouble.TOO_MANY)
    yield show("shaanxi", _YEARS, division="610700", trouble=Trouble.BURST)
    yield show("jpage", _YEARS, division="320500", trouble=Trouble.LOST)
    yield show("generic", _FLAT, division="610400", trouble=Trouble.DEAD)


EXHIBITS = (*_settings(), *_troubled())


def open_zoo(
    server: Server, seed: int, families: Collection[str] | None = None, *, small: bool = False
) -> list[Portal]:
    """Serve the portals; `families` by name, None for all of them. The same seed gives the same portals."""
    rng = random.Random(seed)
    portals = []
    for number, exhibit in enumerate(EXHIBITS):
        place = rng.choice(PLACES)
        if (small and not exhibit.small) or (families is not None and exhibit.family not in families):
            continue
        plan = replace(exhibit.setting.plan, place=place)
        if small:
            plan = smaller(plan)
        setting = replace(exhibit.setting, plan=plan)
        address = f"127.20.{number // 200}.{number % 200 + 1}"
        name = server.reserve(address)
        portals.append(FAMILIES[exhibit.family](name, setting, f"{seed} {number}"))
        trouble = setting.trouble
        server.serve(troubled(portals[-1], trouble) if trouble else portals[-1].host())
    return portals


def calm(portals: list[Portal]) -> list[Portal]:
    """The portals whose hosts have no trouble."""
    return [portal for portal in portals if portal.setting.trouble is None]


def smaller(plan: Plan) -> Plan:
    """Enough for every list to have a second page, and no more."""
    return replace(
        plan, years=range(2021, 2026), bureaus=min(plan.bureaus, 4), townships=min(plan.townships, 1)
    )
