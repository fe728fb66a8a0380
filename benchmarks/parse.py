"""`make bench-parse`: what parsing costs, measured against bare table extraction on the same documents.

Ratios are taken within one run, so they hold on any machine; a missed target is shown and not an error.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO, StringIO

import pandas as pd
import pdfplumber

from parsers import parse
from parsers.forms import load_forms
from parsers.model import Outcome
from tests.accuracy import markup, pdf, word
from tests.accuracy.office import convert
from tests.accuracy.reports import Draft, draft

DOCUMENTS = 5
"""Documents a repeat; each repeat takes others, as no batch reads a document twice."""
REPEATS = 15
BATCH = 200
"""Documents of the shorter batch; the longer one has eight times as many."""


@dataclass(frozen=True)
class Timing:
    """Seconds a document over the repeats."""

    least: float
    median: float


Documents = Sequence[bytes]


def measure(documents: Documents, *actions: Callable[[Documents], None]) -> list[Timing]:
    """Runs the actions in turn on each group of documents, so that all meet the same state of the machine.

    Returns a Timing for each action.
    """
    seconds: list[list[float]] = [[] for _ in actions]
    groups = [documents[i : i + DOCUMENTS] for i in range(0, len(documents), DOCUMENTS)]
    for action in actions:
        action(groups[0])
    gc.collect()
    for group in groups[1:]:
        for action, taken in zip(actions, seconds, strict=True):
            start = time.perf_counter()
            action(group)
            taken.append((time.perf_counter() - start) / len(group))
    return [Timing(min(taken), statistics.median(taken)) for taken in seconds]


def reports() -> list[Draft]:
    """Reports of the newest form with busy numbers."""
    form = load_forms()[0]
    return [draft(form, random.Random(seed)) for seed in range(DOCUMENTS * (REPEATS + 1))]


def parse_all(documents: Documents) -> None:
    for data in documents:
        [report] = parse(data, "benchmark")
        if report.outcome is not Outcome.REPORT:
            raise ValueError(f"not read: {report.issues}")


def read_html(documents: Documents) -> None:
    for data in documents:
        pd.read_html(StringIO(data.decode()))


def extract_tables(documents: Documents) -> None:
    for data in documents:
        with pdfplumber.open(BytesIO(data)) as file:
            for page in file.pages:
                page.extract_tables()


def line(what: str, timing: Timing, verdict: str = "") -> None:
    print(f"{what:<42}{timing.least * 1000:>9.2f} ms{timing.median * 1000:>9.2f} ms  {verdict}")


def ratio(one: Timing, other: Timing, target: float) -> str:
    """The ratio of the least times, which other work on the machine disturbs least."""
    value = one.least / other.least
    return f"ratio {value:.2f} (target {target}: {'met' if value <= target else 'missed'})"


def bench_html(made: Sequence[Draft]) -> None:
    for style in markup.STYLES:
        written = [
            markup.to_html(r.content(), r.title, random.Random(i), style=style) for i, r in enumerate(made)
        ]
        whole, grids = measure(written, parse_all, read_html)
        line(f"HTML ({style}), parse", whole, ratio(whole, grids, 1.0))
        line(f"HTML ({style}), pandas.read_html", grids)


def bench_word(made: Sequence[Draft]) -> None:
    written = {f"{i}.docx": word.to_docx(r.content(), r.title) for i, r in enumerate(made)}
    kinds = {"DOCX": list(written.values()), "DOC": list(convert(written, "doc").values())}
    for kind, documents in kinds.items():
        if not documents:
            print(f"{kind}: skipped, LibreOffice is not installed")
            continue
        [timing] = measure(documents, parse_all)
        line(f"{kind}, parse", timing, f"target 20 ms: {'met' if timing.least < 0.02 else 'missed'}")


def bench_pdf(made: Sequence[Draft]) -> None:
    written = [pdf.to_pdf(r.content(), r.title) for r in made[: DOCUMENTS * 4]]
    whole, tables = measure(written, parse_all, extract_tables)
    line("text PDF, parse", whole, ratio(whole, tables, 1.2))
    line("text PDF, pdfplumber extract_tables", tables)


def _read(seed: int) -> int:
    made = draft(load_forms()[0], random.Random(seed))
    parse_all([markup.to_html(made.content(), made.title, random.Random(seed))])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def bench_batch() -> None:
    """Peak memory of the parsing processes after a short and after a long batch."""
    cores = os.cpu_count() or 1
    peaks = []
    for length in (BATCH, 8 * BATCH):
        start = time.perf_counter()
        with ProcessPoolExecutor(cores) as pool:
            peak = max(pool.map(_read, range(length), chunksize=20)) / 1024
        rate = length / (time.perf_counter() - start)
        peaks.append(peak)
        print(f"batch of {length:>5} on {cores} cores{rate:>14.0f} documents/s {peak:>9.0f} MB a process")
    grown = peaks[1] / peaks[0] - 1
    print(f"eight times as many documents take {grown:+.1%} memory (target: no growth)")


def main() -> int:
    warnings.simplefilter("ignore", FutureWarning)
    print(f"{f'{REPEATS} repeats of {DOCUMENTS} documents':<42}{'least':>12}{'median':>12}")
    made = reports()
    gc.freeze()  # as parser processes do
    bench_html(made)
    bench_word(made)
    bench_pdf(made)
    bench_batch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
