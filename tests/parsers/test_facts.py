"""Facts of the prose: what is read, what must not be, and the contradictions found with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parsers.facts import check_facts, load_vocabulary, read_facts
from parsers.model import Cell, CellStatus, Fact, IssueCode
from parsers.parse import parse

SHARED = Path(__file__).resolve().parents[3] / "shared"


def facts(text: str, section: str = "overview", year: int | None = 2023) -> dict[str, float]:
    return {fact.indicator: fact.value for fact in read_facts({section: text}, year)}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("全年门户网站发布信息1,204条。", {"website_posts": 1204}),
        ("政府网站累计发布各类政务信息１２０４条，微信公众号推送信息 88 篇。",
         {"website_posts": 1204, "wechat_posts": 88}),
        ("微信公众号现有粉丝1.2万人，全年推送文章300篇；微博粉丝650人，发布信息20条。",
         {"wechat_followers": 12000, "wechat_posts": 300, "weibo_followers": 650, "weibo_posts": 20}),
        ("抖音账号发布短视频45条，粉丝数3000。", {"short_video_posts": 45, "short_video_followers": 3000}),
        ("2023年，我局主动公开政府信息512条。", {"proactive_items_total": 512}),
        ("共收到政府信息公开申请12件，办结11件，结转下年度1件。",
         {"foi_received": 12, "foi_completed": 11, "carried_forward": 1}),
        ("2023年收到公民、法人和其他组织政府信息公开申請3宗。", {"foi_received": 3}),
        ("本年新收政府信息公开申请数量为7件，上年结转政府信息公开申请2件。",
         {"foi_received": 7, "carried_over": 2}),
        ("本年度未收到公民、法人和其他组织提出的政府信息公开申请。", {"foi_received": 0}),
        ("我局全年无依申请公开事项。", {"foi_received": 0}),
        ("制作发布政策解读材料18篇，召开新闻发布会3场。",
         {"policy_interpretations": 18, "press_conferences": 3}),
        ("办理12345政务服务便民热线工单2,310件。", {"hotline_orders": 2310}),
        ("办理人大代表建议5件、政协委员提案7件。", {"npc_proposals": 5, "cppcc_proposals": 7}),
        ("承办人大代表建议和政协委员提案12件。", {"proposals": 12}),
        ("编印《示例县人民政府公报》4期。", {"gazette_issues": 4}),
        ("开展政务公开培训2次，召开政务公开推进会1次。", {"trainings": 2, "meetings": 1}),
        ("组织网上调查6次，征集到意见建议35条。", {"consultations_held": 6, "consultation_comments": 35}),
        ("本年度收取信息处理费1200元。", {"processing_fee": 1200}),
        ("本年度没有收取任何政府信息公开信息处理费。", {"processing_fee": 0}),
        ("因政府信息公开引起的行政复议2件，行政诉讼1件。", {"review_cases": 2, "litigation_cases": 1}),
        ("未发生因政府信息公开被申请行政复议、提起行政诉讼的情况。",
         {"review_cases": 0, "litigation_cases": 0}),
    ],
)  # fmt: skip
def test_counts_are_read_with_their_indicator(text: str, read: dict[str, float]) -> None:
    section = "other_matters" if "处理费" in text else "overview"
    assert facts(text, section) == read


@pytest.mark.parametrize(
    "text",
    [
        "通过政府网站、微信公众号等平台发布信息900条。",
        "微信公众号、微博共发布信息900条。",
        "依托门户网站建设，各单位发布信息900条。",
        "门户网站发布信息约900条。",
        "门户网站发布信息20-30条。",
        "门户网站发布信息1 204条。",
        "门户网站发布信息较上年增加90条。",
        "门户网站政务公开专栏发布信息90条。",
        "微信公众号新增粉丝500人。",
        "微信公众号发布政策图解90条。",
        "自2008年以来，累计收到政府信息公开申请900件。",
        "去年收到政府信息公开申请9件。",
        "其中通过网络收到政府信息公开申请9件。",
        "依据国办公开办函〔2021〕30号编制，统计期为2023年1月1日至12月31日。",
        "贯彻《关于收到政府信息公开申请20件以上处理办法》。",
        "未收到政府信息公开申请超期投诉。",
        "不存在未按规定答复政府信息公开申请的情况。",
        "办复率100%，占33.9%。",
        "办理12345热线，关注12345平台。",
        "行政复议、行政诉讼共3件。",
        "行政处罚引起的行政复议30件。",
        "关停政务新媒体3个，抽查12个政务新媒体账号。",
        "人大代表建议、政协委员提案办复率达100%。",
    ],
)
def test_what_is_no_count_of_this_year_is_not_read(text: str) -> None:
    assert not facts(text)


def test_numbers_with_yu_and_words_for_more_are_lower_bounds() -> None:
    read = read_facts(
        {"overview": "网站发布信息5500余条。微信公众号粉丝突破3万人。微博发布信息120条以上。"}, 2023
    )
    assert [(f.indicator, f.value, f.lower_bound) for f in read] == [
        ("website_posts", 5500, True),
        ("wechat_followers", 30000, True),
        ("weibo_posts", 120, True),
    ]


def test_a_sentence_is_given_as_printed() -> None:
    (fact,) = read_facts({"overview": "前一句。 “示例” 网站共发布 信息 12 条。"}, 2023)
    assert (fact.sentence, fact.section) == ("“示例” 网站共发布 信息 12 条。", "overview")


def test_plans_of_the_next_year_are_no_facts() -> None:
    assert not facts("下一步，门户网站发布信息500条。", section="problems")


def cells(**numbers: int | None) -> dict[str, Cell]:
    return {
        name.replace("__", "."): Cell(
            value, str(value), CellStatus.STATED if value is not None else CellStatus.BLANK
        )
        for name, value in numbers.items()
    }


def codes(text: str, table: dict[str, Cell], year: int | None = 2023) -> list[IssueCode]:
    return [issue.code for issue in check_facts(read_facts({"overview": text}, year), table, year)]


@pytest.mark.parametrize(
    ("said", "agrees"), [(10, True), (12, True), (11, False)], ids=["new", "new and carried over", "neither"]
)
def test_requests_received_are_held_against_the_table(said: int, agrees: bool) -> None:
    table = cells(applications__new_received__total=10, applications__carried_over__total=2)
    found = codes(f"共受理政府信息公开申请{said}件。", table)
    assert found == ([] if agrees else [IssueCode.PROSE_CONTRADICTION])


def test_a_blank_total_still_contradicts_when_its_cells_are_more() -> None:
    table = cells(
        applications__granted__natural_person=7,
        applications__granted__total=None,
        applications__partially_granted__total=1,
    )
    assert codes("予以公开及部分公开7件。", table) == [IssueCode.PROSE_CONTRADICTION]
    assert codes("予以公开及部分公开9件。", table) == []


def test_a_lost_table_contradicts_nothing() -> None:
    assert codes("共受理政府信息公开申请5件。", cells(applications__new_received__total=None)) == []


def test_parts_that_exceed_their_total_are_found() -> None:
    wrong = "网站发布信息100条，其中：概况类信息4条、政务动态类信息127条。微信公众号发布信息300条。"
    right = wrong.replace("127", "96")
    assert codes(wrong, {}) == [IssueCode.PARTS_CONTRADICTION]
    assert codes(right, {}) == []


def test_all_results_named_must_make_the_requests_answered() -> None:
    text = "答复公开申请20件。予以公开及部分公开{}件；不予公开3件；无法提供4件；不予处理2件；其他处理1件。"
    assert codes(text.format(10), {}) == []
    assert codes(text.format(9), {}) == [IssueCode.PARTS_CONTRADICTION]


def test_a_sentence_copied_from_the_year_before_is_told() -> None:
    assert codes("2022年，我局未收到政府信息公开申请。", {}) == [IssueCode.PROSE_YEAR]
    assert codes("2022年结转申请1件，2023年收到政府信息公开申请3件。", {}) == []


def test_every_indicator_has_its_labels_and_a_code_of_its_own() -> None:
    indicators = load_vocabulary().indicators
    assert len({i.code for i in indicators}) == len(indicators)
    assert all(i.label and i.label_en and i.unit and (i.patterns or i.none) for i in indicators)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real documents are not beside this checkout")
@pytest.mark.parametrize(
    ("document", "contradictions"),
    [
        ("seeds/000_95a853c3c981cbbf.txt", [IssueCode.PARTS_CONTRADICTION]),
        ("seeds/001_e766bb0a4b10c749.txt", []),
        ("seeds/002_f20f5b090f73b1bb.txt", []),
        ("seeds/003_6eb129faa06e4d20.txt", [IssueCode.PROSE_YEAR]),
        ("seeds/004_7fa55acae3721def.txt", []),
        ("reports/huaian_2024.pdf", []),
        (
            "reports/shanghai_office_2019.html",
            [IssueCode.PROSE_CONTRADICTION] * 3 + [IssueCode.PARTS_CONTRADICTION],
        ),
    ],
)
def test_real_reports_give_no_wrong_fact_and_their_contradictions(
    document: str, contradictions: list[IssueCode]
) -> None:
    path = SHARED / document
    (report,) = parse(path.read_bytes(), document)
    read = read_facts(report.sections, report.report_year)
    stated = json.loads((SHARED / (document.rpartition(".")[0] + ".truth.json")).read_text("utf-8"))[
        "narrative"
    ]
    if isinstance(stated, list):
        truth = {entry["indicator"]: entry["value"] for entry in stated}
        assert not [f for f in read if f.indicator in truth and f.value != truth[f.indicator]]
    assert read
    assert all(isinstance(fact, Fact) and fact.sentence for fact in read)
    assert [i.code for i in check_facts(read, report.cells, report.report_year)] == contradictions
