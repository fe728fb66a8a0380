"""Which sites a night crawls, over the months."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.registry import Site
from flows.due import LADDER, PAUSES, due_sites, last_night
from flows.ledger import open_ledger, read_ledger, rebuilt
from flows.summary import SiteOutcome, read_summaries
from tests.flows.runs import ran, site_run

NIGHT = datetime(2026, 1, 9, 18, tzinfo=UTC)
"""02:00 of 10 January in Shanghai."""
DAY = timedelta(days=1)


def _site(name: str, schedule: str | None = None) -> Site:
    return Site(id=name, name="甲局", division="620300", start_urls=(f"http://{name}/",), schedule=schedule)


SITES = [_site(f"s{number}.gov.cn") for number in range(60)]


def _nights(home: Path, first: datetime, nights: int, outcome: SiteOutcome) -> list[list[str]]:
    """The sites crawled in each night, all with the same outcome and nothing new after the first."""
    crawled = []
    for night in range(nights):
        now = first + night * DAY
        due = due_sites(SITES, read_ledger(home), now)
        crawled.append([site.id for site in due])
        ran(home, now, [site_run(site.id, outcome) for site in due])
    return crawled


def test_from_january_to_april_every_site_is_crawled_every_night(tmp_path: Path) -> None:
    assert all(len(night) == len(SITES) for night in _nights(tmp_path, NIGHT, 10, SiteOutcome.DONE))


def test_later_quiet_sites_rest_but_none_for_more_than_four_weeks(tmp_path: Path) -> None:
    nights = _nights(tmp_path, datetime(2026, 4, 30, 18, tzinfo=UTC), 120, SiteOutcome.DONE)
    for site in SITES:
        crawled = [number for number, night in enumerate(nights) if site.id in night]
        assert max(later - sooner for sooner, later in itertools.pairwise(crawled)) <= LADDER[-1]
    late = [len(night) for night in nights[60:]]
    assert sum(late) <= len(SITES) * 60 / LADDER[-1] * 1.5
    assert max(late) < len(SITES) / 3  # they do not all come in one night


def test_a_site_that_changed_is_crawled_often_again(tmp_path: Path) -> None:
    may = datetime(2026, 5, 1, 18, tzinfo=UTC)
    ran(tmp_path, may - 60 * DAY, [site_run("s1.gov.cn")])
    ran(tmp_path, may, [site_run("s1.gov.cn", revised=1)])
    assert due_sites([SITES[1]], read_ledger(tmp_path), may + DAY) == [SITES[1]]


def test_a_failing_site_backs_off_and_comes_back(tmp_path: Path) -> None:
    nights = _nights(tmp_path, NIGHT, 30, SiteOutcome.BROKEN)
    tried = [number for number, night in enumerate(nights) if SITES[0].id in night]
    pauses = [later - sooner for sooner, later in itertools.pairwise(tried)]
    assert pauses[:4] == list(PAUSES[:4])
    assert set(pauses[4:]) == {PAUSES[-1]}
    ran(tmp_path, NIGHT + 30 * DAY, [site_run(SITES[0].id)])
    assert SITES[0] in due_sites(SITES, read_ledger(tmp_path), NIGHT + 31 * DAY)


def test_a_run_by_hand_leaves_nobody_at_rest(tmp_path: Path) -> None:
    may = datetime(2026, 5, 1, 18, tzinfo=UTC)
    weekly = _site("weekly.gov.cn", "0 2 * * 1")
    ran(tmp_path, may, [site_run(site.id) for site in (*SITES, weekly)])
    now = may + timedelta(hours=1)
    assert due_sites([*SITES, weekly], read_ledger(tmp_path), now, resting=False) == SITES


def test_a_scheduled_site_is_due_once_its_time_came(tmp_path: Path) -> None:
    weekly = _site("weekly.gov.cn", "0 2 * * 1")
    assert due_sites([weekly], {}, NIGHT) == [weekly]
    ran(tmp_path, NIGHT - DAY, [site_run(weekly.id)])
    assert due_sites([weekly], read_ledger(tmp_path), NIGHT) == []
    assert due_sites([weekly], read_ledger(tmp_path), NIGHT + 3 * DAY) == [weekly]


def test_the_night_begins_at_two_in_shanghai() -> None:
    assert last_night(NIGHT + timedelta(minutes=1)) == NIGHT
    assert last_night(NIGHT - timedelta(minutes=1)) == NIGHT - DAY


def test_the_ledger_can_be_made_again_from_the_summaries(tmp_path: Path) -> None:
    ran(tmp_path, NIGHT, [site_run("a", new=3, reports=3), site_run("b", reports=1)])
    ran(tmp_path, NIGHT + DAY, [site_run("a", SiteOutcome.BROKEN), site_run("b", SiteOutcome.FAILED)])
    ran(tmp_path, NIGHT + 2 * DAY, [site_run("a", SiteOutcome.BROKEN)])
    kept = read_ledger(tmp_path)
    assert kept["a"].failures == 2 and kept["a"].failing_since == NIGHT + DAY and kept["a"].reports == 3
    assert kept["b"].failures == 0 and kept["b"].delivered_at == NIGHT
    assert rebuilt(tmp_path) == kept
    (tmp_path / "runs" / "ledger.jsonl").write_text('{"site": "a"')
    assert read_ledger(tmp_path) == kept
    with open_ledger(tmp_path):
        pass
    assert read_ledger(tmp_path) == kept


def test_a_torn_summary_is_passed_over(tmp_path: Path) -> None:
    ran(tmp_path, NIGHT, [site_run("a")])
    (tmp_path / "runs" / "99999999T000000Z-0000.json").write_text('{"run_id": "99')
    assert [summary.started_at for summary in read_summaries(tmp_path)] == [NIGHT]


def test_sites_of_one_rhythm_share_out_over_its_nights(tmp_path: Path) -> None:
    nights = _nights(tmp_path, datetime(2026, 4, 30, 18, tzinfo=UTC), 100, SiteOutcome.DONE)
    busy = Counter(len(night) > 0 for night in nights[70:])
    assert busy[True] >= 15
