"""What one document may cost: time, memory, and the life of its parser process at most.

Documents come from outside and may be broken or hostile. Python code that runs too long is interrupted by
an alarm; code below Python that does not hear it is ended together with its process by faulthandler's
watchdog, which needs no Python, and whoever runs the process goes on with a new one (see flows.parse).
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from parsers import allowance, parse
from parsers.model import Issue, IssueCode, Outcome, Report

_T = TypeVar("_T")

MEMORY = 3 << 29
"""Bytes of memory for a parser process: 1.5 GiB."""
_FIRST_LOOK = 5.0
"""Seconds to find out what a document is and how long it may take."""
_GRACE = 1.5
"""Seconds after its time that a document's process is ended if the alarm did not help."""
_NOWHERE = os.open(os.devnull, os.O_WRONLY)


class _TimeIsUp(BaseException):
    """Raised by the alarm. Not an Exception: no reader may take it for damage of the file."""


def limit_memory() -> None:
    """Bounds the memory of this process; what asks for more gets a MemoryError."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


class TooExpensiveError(Exception):
    """A document took more than it may; the message says what."""


def within_limits(data: bytes, read: Callable[[], _T]) -> _T:
    """What `read` gives of the document `data`, within the time that such a document may take
    (`parsers.allowance`) and the memory of this process. Raises TooExpensiveError. To be called in the main
    thread of a parser process."""
    signal.signal(signal.SIGALRM, _ring)
    seconds = _FIRST_LOOK
    try:
        _allow(seconds)
        seconds = allowance(data)
        _allow(seconds)
        return read()
    except _TimeIsUp:
        raise TooExpensiveError(f"not read within {seconds:.0f} seconds") from None
    except MemoryError:
        raise TooExpensiveError(f"not read within {MEMORY >> 20} MB of memory") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


def parse_within_limits(
    data: bytes,
    source: str,
    *,
    capture: str = "",
    title: str | None = None,
    content_type: str | None = None,
) -> list[Report]:
    """`parsers.parse` within limits; what exceeds them is `unreadable`."""
    try:
        return within_limits(
            data, lambda: parse(data, source, capture=capture, title=title, content_type=content_type)
        )
    except TooExpensiveError as error:
        return [unreadable(source, title, str(error))]


def unreadable(source: str, title: str | None, reason: str) -> Report:
    """The report of a document that cost too much."""
    return Report(source, Outcome.UNREADABLE, title=title, issues=(Issue(IssueCode.TOO_EXPENSIVE, reason),))


def _allow(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + _GRACE, exit=True, file=_NOWHERE)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _TimeIsUp
