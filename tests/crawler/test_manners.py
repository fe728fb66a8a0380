"""What the crawler takes for an obstacle, and where it never goes."""

from __future__ import annotations

import pytest

from crawler.archive import Standing
from crawler.obstacles import obstacle, standing
from crawler.tls import is_loopback, is_private

PROSE = "本机关依法公开信息，复议机关确认行政行为不合法一件，依申请公开请输入验证码。" * 20


@pytest.mark.parametrize(
    ("status", "body", "evidence"),
    [
        (412, "<script>$_ts=window['$_ts'];</script>", "瑞数"),
        (521, "<script>document.cookie='__jsl_clearance_s=1'</script>", "加速乐"),
        (200, "<p>请完成安全验证</p>", "captcha"),
        (200, "<p>您的请求疑似攻击行为，已被拦截</p>", "firewall"),
        (200, "<title>用户登录</title><input type='password'>", "login"),
        (200, "<title>统一身份认证平台</title><input type='password'>", "login"),
        (403, "Forbidden", "HTTP 403"),
    ],
)
def test_what_stands_in_the_way_is_named(status: int, body: str, evidence: str) -> None:
    found = obstacle(status, b"", body.encode())
    assert found is not None
    assert evidence in found.evidence
    assert standing(status, b"", body.encode()) is Standing.REFUSED


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_page_that_speaks_of_such_things_is_a_page(encoding: str) -> None:
    assert standing(200, b"", f"<html><p>{PROSE}</p></html>".encode(encoding)) is Standing.CONTENT


def test_soft_answers_are_no_content() -> None:
    assert standing(200, b"", "<p>您访问的页面不存在</p>".encode()) is Standing.MISSING
    assert standing(200, b"", "内部服务器错误".encode()) is Standing.FAILED
    assert standing(200, b"", b"") is Standing.FAILED
    assert standing(304, b"", b"") is Standing.CONTENT


def test_private_networks_are_known_by_their_addresses() -> None:
    assert all(map(is_private, ("10.0.0.1", "192.168.1.1", "169.254.169.254", "fd00::1", "0.0.0.0")))
    assert not any(map(is_private, ("61.150.65.235", "www.gov.cn", "127.0.0.1")))
    assert is_loopback("127.0.0.9") and not is_loopback("www.gov.cn")
