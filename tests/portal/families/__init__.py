"""The portals of each family: `FAMILIES` by name."""

from __future__ import annotations

from tests.portal.families.generic import Generic
from tests.portal.families.gkmlpt import Gkmlpt
from tests.portal.families.hanweb import AnnualReports, JPage
from tests.portal.families.jpaas import JPaaS
from tests.portal.families.nfcms import NFCMS
from tests.portal.families.trs import TRS
from tests.portal.families.ucap import UCAP
from tests.portal.families.vsb import VSB
from tests.portal.site import Portal

FAMILIES: dict[str, type[Portal]] = {
    family.family: family for family in (TRS, JPage, AnnualReports, JPaaS, Gkmlpt, NFCMS, UCAP, VSB, Generic)
}
