"""Real reports behind a loopback portal, run through the whole pipeline and held against their truth.

The documents lie beside the checkout and are not part of it; without them these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import warehouse

SHARED = Path(__file__).resolve().parents[2] / "shared"
ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real documents are not beside this checkout")


@dataclass(frozen=True)
class Source:
    """A real document and the site that publishes it; as an attachment, or as the article itself."""

    site: str
    division: str
    document: str
    content_type: str = "text/plain"

    @property
    def truth(self) -> str:
        return self.document.rpartition(".")[0] + ".truth.json"


SOURCES = (
    Source("ordos.example", "150600", "seeds/000_95a853c3c981cbbf.txt"),
    Source("shangqiu.example", "411400", "seeds/001_e766bb0a4b10c749.txt"),
    Source("jinchang.example", "620300", "seeds/002_f20f5b090f73b1bb.txt"),
    Source("wendeng.example", "371003", "seeds/003_6eb129faa06e4d20.txt"),
    Source("jiangle.example", "350428", "seeds/004_7fa55acae3721def.txt"),
    Source("huaian.example", "320800", "reports/huaian_2024.pdf", "application/pdf"),
    Source("shanghai.example", "310000", "reports/shanghai_office_2019.html", "text/html"),
)
INTACT = {"ordos.example", "jinchang.example", "jiangle.example", "huaian.example"}
COLUMN = "/zwgk/zfxxgknb/"


def truth_of(source: Source) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((SHARED / source.truth).read_text(encoding="utf-8"))
    return truth


def pages_of(source: Source) -> dict[str, tuple[str, bytes]]:
    """A list page, an article, and the document as its attachment (or as the article itself)."""
    truth = truth_of(source)
    title = f"{truth['agency']}{truth['report_year']}年政府信息公开工作年度报告"
    body = (SHARED / source.document).read_bytes()
    name = Path(source.document).name
    listed = f"<ul><li><a href='./202401/t20240119_1.html'>{title}</a><span>2024-01-19</span></li></ul>"
    article = f"<h1>{title}</h1><p>附件：<a href='{name}'>{title}</a></p>"
    pages = {
        COLUMN: ("text/html; charset=utf-8", f"<title>政府信息公开年报</title>{listed}".encode()),
        f"{COLUMN}202401/t20240119_1.html": ("text/html; charset=utf-8", article.encode()),
        f"{COLUMN}202401/{name}": (source.content_type, body),
    }
    if source.content_type == "text/html":
        pages[f"{COLUMN}202401/t20240119_1.html"] = (source.content_type, body)
    return pages


@contextmanager
def portal(folder: Path) -> Iterator[Path]:
    """Serves every source on a loopback address of its own; gives the registry file."""
    entries, servers = [], []
    for number, source in enumerate(SOURCES, start=1):
        pages = pages_of(source)

        class Handler(BaseHTTPRequestHandler):
            site_pages = pages

            def do_GET(self) -> None:
                content_type, body = self.site_pages.get(self.path, ("text/plain", b""))
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer((f"127.0.3.{number}", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        entries.append(
            {
                "id": source.site,
                "name": truth_of(source)["agency"],
                "division": source.division,
                "start_urls": [f"http://127.0.3.{number}:{server.server_port}{COLUMN}"],
                "delay_s": 0,
            }
        )
    registry = folder / "sites.yaml"
    registry.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    try:
        yield registry
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


pytestmark = pytest.mark.xdist_group("real documents")  # one run, whose dataset all of them look at


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, prefect_api: str) -> Iterator[Path]:
    """A home after one `nianbao run` over all real documents."""
    folder = tmp_path_factory.mktemp("real")
    with portal(folder) as registry:
        command = [sys.executable, "-m", "flows.cli", "run", "--home", "home", "--sites", str(registry)]
        environment = os.environ | {"PREFECT_API_URL": prefect_api, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield folder / "home"


def cells_of(home: Path, source: Source) -> pd.DataFrame:
    cells = warehouse.read("cells", home=home)
    return cells[cells["site"] == source.site].set_index("cell")


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.site)
def test_no_number_in_the_dataset_differs_from_the_document(home: Path, source: Source) -> None:
    truth = truth_of(source)["cells"]
    cells = cells_of(home, source)
    numbers = cells[cells["status"].isin(["stated", "deduced"])]["value"]
    assert len(numbers) > 0
    assert {name: value for name, value in numbers.items() if truth.get(str(name)) != value} == {}


@pytest.mark.parametrize("source", [s for s in SOURCES if s.site in INTACT], ids=lambda s: s.site)
def test_every_cell_of_an_intact_table_is_stated(home: Path, source: Source) -> None:
    cells = cells_of(home, source)
    assert dict(cells["status"].value_counts()) == {"stated": 200}
    assert cells["value"].to_dict() == truth_of(source)["cells"]


def test_a_table_that_lost_columns_is_uncertain_and_not_guessed(home: Path) -> None:
    cells = cells_of(home, SOURCES[1])
    applications = cells[cells["table"] == "applications"]
    assert set(applications["status"]) == {"uncertain"} and applications["value"].isna().all()
    assert set(cells[cells["table"] != "applications"]["status"]) == {"stated"}


def test_of_lost_tables_only_the_surviving_rows_are_read(home: Path) -> None:
    cells = cells_of(home, SOURCES[3])
    assert dict(cells["status"].value_counts()) == {"absent": 165, "stated": 35}


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.site)
def test_the_report_is_known_by_agency_year_and_form(home: Path, source: Source) -> None:
    truth = truth_of(source)
    reports = warehouse.read("reports", home=home)
    [report] = reports[reports["site"] == source.site].to_dict("records")
    assert (report["agency"], report["report_year"], report["form"]) == (
        truth["agency"], truth["report_year"], truth["form"]
    )  # fmt: skip
    if "signed_date" in truth:
        assert str(report["signed_date"])[:10] == truth["signed_date"]
