"""Exit statuses and plain lines of `nianbao` for what users get wrong, and `nianbao parse`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import main
from flows.demo.pages import site_pages
from flows.demo.reports import load_reports, load_sites
from tests.flows.nianbao import ROOT

KEYS = [
    "source outcome agency report_year form forms title cells checks facts issues",
    "period signed_date published_date document_number scope sections",
]


@pytest.fixture
def report_file(tmp_path: Path) -> Path:
    """A report page of the demo portal, and the truth about it in `load_reports`."""
    site = load_sites()[1]
    path = tmp_path / "report.html"
    path.write_bytes(site_pages(site)["/zwgk/gknb/content_1001.html"].body)
    return path


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["parse"], ["sites", "burn"], ["sites", "probe"], ["run", "--height", "3"]]
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize("command", ["run", "reparse"])
def test_an_unknown_site(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "no.such.gov.cn", "--home", str(tmp_path)]) == 1
    assert capsys.readouterr().err.strip().splitlines() == [
        "nianbao: no such site: no.such.gov.cn; `nianbao sites` lists them"
    ]


@pytest.mark.parametrize("command", [["run"], ["serve"], ["sites"], ["sites", "check"], ["status"]])
def test_a_registry_with_mistakes(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = tmp_path / "sites.yaml"
    registry.write_text("- id: a.gov.cn\n  name: 甲局\n  division: 6203\n")
    assert main([*command, "--home", str(tmp_path / "home"), "--sites", str(registry)]) == 1
    said = capsys.readouterr().err
    assert f"{registry}:3: division must be six digits" in said
    assert f"{registry}:1: start_urls is missing" in said


def test_a_registry_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sites", "check", "--sites", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml: No such file or directory" in capsys.readouterr().err


def test_a_schedule_that_is_no_cron_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = tmp_path / "sites.yaml"
    registry.write_text(
        "- id: a.gov.cn\n  name: 甲局\n  division: '620300'\n  start_urls: [http://a.gov.cn/]\n"
        "  schedule: every other day\n"
    )
    assert main(["sites", "check", "--sites", str(registry)]) == 1
    assert "schedule 'every other day' is no cron line" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "demo", "publish"])
def test_a_home_that_cannot_be_written(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    home = tmp_path / "home"
    home.write_text("a file stands where the home should be")
    assert main([command, "--home", str(home)]) == 1
    assert str(home) in capsys.readouterr().err


def test_publish_without_anything_staged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "--home", str(tmp_path)]) == 1
    assert "nothing is staged" in capsys.readouterr().err


def test_status_of_a_new_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--home", str(tmp_path)]) == 0
    assert "nothing published yet" in capsys.readouterr().out


def test_help_parse_sites_and_status_load_neither_prefect_nor_scrapy(
    report_file: Path, tmp_path: Path
) -> None:
    script = f"""
import contextlib, sys
from flows.cli import main
for arguments in [["parse", {str(report_file)!r}], ["sites"], ["status", "--home", {str(tmp_path)!r}]]:
    assert main(arguments) == 0
with contextlib.suppress(SystemExit):
    main(["--help"])
assert not {{"prefect", "scrapy"}} & set(sys.modules), sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_parse_json_gives_every_number_of_the_report(
    report_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", "--json", str(report_file)]) == 0
    [line] = capsys.readouterr().out.splitlines()
    report = json.loads(line)
    assert list(report) == " ".join(KEYS).split()
    assert report["source"] == str(report_file)
    assert report["outcome"] == "report"
    [known] = [
        known
        for known in load_reports()
        if (known.site.agency, known.year) == (report["agency"], report["report_year"])
    ]
    values = {cell_id: cell["value"] for cell_id, cell in report["cells"].items() if cell_id in known.truth}
    assert values == known.truth
    assert all(set(cell) == {"value", "raw", "status", "evidence"} for cell in report["cells"].values())
    assert {check["outcome"] for check in report["checks"]} <= {"pass", "fail", "not_checkable"}


def test_parse_for_the_eye(report_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", str(report_file)]) == 0
    said = capsys.readouterr().out
    assert "将乐县示例局" in said
    assert " stated" in said


def test_a_failed_check_is_said_with_its_numbers(
    report_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", "--json", str(report_file)]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    upheld, total = (cells[f"review_litigation.review_{name}"]["value"] for name in ("upheld", "total"))
    page = report_file.read_bytes().decode("gb18030")
    head, _, tail = page.rpartition("行政复议")
    assert upheld != 98765
    broken = tail.replace(f">{upheld}<", ">98765<", 1)
    assert broken != tail
    report_file.write_bytes((head + "行政复议" + broken).encode("gb18030"))
    assert main(["parse", str(report_file)]) == 0
    said = capsys.readouterr().out
    assert "review_sum" in said
    assert "98765" in said
    assert f"≠ {total}" in said


def test_parse_goes_on_after_what_it_cannot_read(
    report_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(b"%PDF-1.7\n" + bytes(range(256)))
    missing = tmp_path / "missing.html"
    files = [str(damaged), str(missing), str(tmp_path), str(report_file)]
    assert main(["parse", "--json", *files]) == 1
    out, err = capsys.readouterr()
    reports = [json.loads(line) for line in out.splitlines()]
    assert [report["source"] for report in reports] == files
    assert [report["outcome"] for report in reports] == ["unreadable"] * 3 + ["report"]
    assert all(report["issues"] for report in reports[:3])
    assert len(err.splitlines()) == 3
    assert f"nianbao: {missing}: No such file or directory" in err.splitlines()
