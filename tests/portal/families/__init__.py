"""The portals of each family: `FAMILIES` by name."""

from __future__ import annotations

from tests.portal.families.directories import NeiMenggu, Shaanxi
from tests.portal.families.epoint import Epoint
from tests.portal.families.eportal import EPortal
from tests.portal.families.generic import Generic
from tests.portal.families.gkmlpt import Gkmlpt
from tests.portal.families.gongkai import Gongkai
from tests.portal.families.hanweb import AnnualReports, JPage
from tests.portal.families.jpaas import JPaaS
from tests.portal.families.lscms import LSCMS
from tests.portal.families.nfcms import NFCMS
from tests.portal.families.openness import Openness
from tests.portal.families.trs import TRS
from tests.portal.families.truecms import TrueCMS
from tests.portal.families.ucap import UCAP
from tests.portal.families.vsb import VSB
from tests.portal.site import Portal

_ALL: tuple[type[Portal], ...] = (
    TRS, JPage, AnnualReports, JPaaS, Gkmlpt, NFCMS, UCAP, VSB, LSCMS, Openness, Gongkai, Shaanxi, NeiMenggu,
    Epoint, TrueCMS, EPortal, Generic,
)  # fmt: skip
FAMILIES: dict[str, type[Portal]] = {family.family: family for family in _ALL}
