"""The form of 2021 as agencies print it: three tables of cells with spans.

Written out as it is printed and not derived from the parsers' form, so that a wrong label there cannot
hide behind the same wrong label here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

APPLICANTS = (
    "natural_person", "commercial_enterprise", "research_institution", "public_interest_org",
    "legal_service_org", "other_org", "total",
)  # fmt: skip

RESULTS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("（一）予以公开", "granted", ()),
    ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "partially_granted", ()),
    ("（三）不予公开", "denied", (
        ("1.属于国家秘密", "denied_state_secret"),
        ("2.其他法律行政法规禁止公开", "denied_prohibited_by_law"),
        ("3.危及“三安全一稳定”", "denied_security_stability"),
        ("4.保护第三方合法权益", "denied_third_party_rights"),
        ("5.属于三类内部事务信息", "denied_internal_affairs"),
        ("6.属于四类过程性信息", "denied_process_information"),
        ("7.属于行政执法案卷", "denied_enforcement_case_file"),
        ("8.属于行政查询事项", "denied_administrative_inquiry"),
    )),
    ("（四）无法提供", "unable_to_provide", (
        ("1.本机关不掌握相关政府信息", "unable_not_held"),
        ("2.没有现成信息需要另行制作", "unable_must_be_created"),
        ("3.补正后申请内容仍不明确", "unable_still_unclear"),
    )),
    ("（五）不予处理", "not_processed", (
        ("1.信访举报投诉类申请", "not_processed_petition"),
        ("2.重复申请", "not_processed_repeat"),
        ("3.要求提供公开出版物", "not_processed_publication"),
        ("4.无正当理由大量反复申请", "not_processed_excessive"),
        ("5.要求行政机关确认或重新出具已获取信息", "not_processed_reconfirmation"),
    )),
    ("（六）其他处理", "other_handling", (
        ("1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "other_overdue_correction"),
        ("2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请", "other_overdue_fee"),
        ("3.其他", "other_other"),
    )),
)  # fmt: skip
"""Group label, its code (the row's code where it has no rows of its own), and the rows under it."""

RESULT_ROWS = tuple(
    code for _, group, rows in RESULTS for code in ([code for _, code in rows] if rows else [group])
)
"""The rows whose sum is the total of the results, in printed order."""

APPLICATION_ROWS = ("new_received", "carried_over", *RESULT_ROWS, "result_total", "carried_forward")

REVIEW_PROCEDURES = ("review", "litigation_direct", "litigation_after_review")
REVIEW_RESULTS = ("upheld", "corrected", "other", "pending", "total")

PROACTIVE_CELLS = (
    "regulations.issued", "regulations.repealed", "regulations.in_force",
    "normative_documents.issued", "normative_documents.repealed", "normative_documents.in_force",
    "admin_licensing.decisions", "admin_penalty.decisions", "admin_coercion.decisions", "admin_fees.amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed cell; `value` tells figures from labels, "|" in a label is where editors break the line."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    value: bool = False


PrintedTable = list[list[Printed]]
"""The cells by the row they start in, left to right."""


def printed_tables(cells: Mapping[str, str]) -> dict[str, PrintedTable]:
    """The three tables of the form by code, with the figures of `cells` (cell id to printed text)."""
    return {
        "proactive": _proactive(cells),
        "applications": _applications(cells),
        "review_litigation": _review(cells),
    }


def grid_places(table: PrintedTable) -> Iterator[tuple[int, int, Printed]]:
    """Each cell with its row and its column in the grid."""
    covered: set[tuple[int, int]] = set()
    for row, cells in enumerate(table):
        column = 0
        for cell in cells:
            while (row, column) in covered:
                column += 1
            yield row, column, cell
            covered |= {
                (row + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan)
            }


def _proactive(cells: Mapping[str, str]) -> PrintedTable:
    def values(row: str, columns: tuple[str, ...], colspan: int) -> list[Printed]:
        ids = (f"proactive.{row}.{column}" for column in columns)
        return [Printed(cells[cell_id], colspan=colspan, value=True) for cell_id in ids]

    files = ("issued", "repealed", "in_force")
    decisions = ("decisions",)
    wide = Printed("本年处理决定数量", colspan=3)
    head = Printed("信息内容")
    return [
        [Printed("第二十条第（一）项", colspan=4)],
        [head, Printed("本年|制发件数"), Printed("本年|废止件数"), Printed("现行|有效件数")],
        [Printed("规章"), *values("regulations", files, 1)],
        [Printed("行政规范性文件"), *values("normative_documents", files, 1)],
        [Printed("第二十条第（五）项", colspan=4)],
        [head, wide],
        [Printed("行政许可"), *values("admin_licensing", decisions, 3)],
        [Printed("第二十条第（六）项", colspan=4)],
        [head, wide],
        [Printed("行政处罚"), *values("admin_penalty", decisions, 3)],
        [Printed("行政强制"), *values("admin_coercion", decisions, 3)],
        [Printed("第二十条第（八）项", colspan=4)],
        [head, Printed("本年收费金额|（单位：万元）", colspan=3)],
        [Printed("行政事业性收费"), *values("admin_fees", ("amount",), 3)],
    ]


def _applications(cells: Mapping[str, str]) -> PrintedTable:
    def values(row: str) -> list[Printed]:
        return [Printed(cells[f"applications.{row}.{column}"], value=True) for column in APPLICANTS]

    rule = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
    rows = [
        [Printed(rule, rowspan=3, colspan=3), Printed("申请人情况", colspan=7)],
        [Printed("自然人", rowspan=2), Printed("法人或其他组织", colspan=5), Printed("总计", rowspan=2)],
        [Printed(text) for text in ("商业|企业", "科研|机构", "社会公益|组织", "法律服务|机构", "其他")],
        [Printed("一、本年新收政府信息公开申请数量", colspan=3), *values("new_received")],
        [Printed("二、上年结转政府信息公开申请数量", colspan=3), *values("carried_over")],
    ]
    side = Printed("三、|本|年|度|办|理|结|果", rowspan=len(RESULT_ROWS) + 1)
    for label, group, below in RESULTS:
        if not below:
            rows.append([Printed(label, colspan=2), *values(group)])
        for position, (row_label, row) in enumerate(below):
            group_cell = [Printed(label, rowspan=len(below))] if position == 0 else []
            rows.append([*group_cell, Printed(row_label), *values(row)])
    rows.append([Printed("（七）总计", colspan=2), *values("result_total")])
    rows[5].insert(0, side)
    rows.append([Printed("四、结转下年度继续办理", colspan=3), *values("carried_forward")])
    return rows


def _review(cells: Mapping[str, str]) -> PrintedTable:
    results = ("结果|维持", "结果|纠正", "其他|结果", "尚未|审结", "总计")
    ids = [f"review_litigation.{way}_{result}" for way in REVIEW_PROCEDURES for result in REVIEW_RESULTS]
    return [
        [Printed("行政复议", colspan=5), Printed("行政诉讼", colspan=10)],
        [
            *(Printed(text, rowspan=2) for text in results),
            Printed("未经复议直接起诉", colspan=5),
            Printed("复议后起诉", colspan=5),
        ],
        [Printed(text) for text in results * 2],
        [Printed(cells[cell_id], value=True) for cell_id in ids],
    ]
