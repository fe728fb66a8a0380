"""Numbers that the prose of a report states, each with its sentence, and what they contradict.

What is counted and how it is worded is data: `indicators.yaml`. Only what a pattern reads for certain
becomes a fact; a number whose platform, year or subject is open is left out.
"""

from parsers.facts.checks import PROSE_ISSUES, check_facts
from parsers.facts.indicators import Indicator, load_vocabulary
from parsers.facts.reading import read_facts

__all__ = ["PROSE_ISSUES", "Indicator", "check_facts", "load_vocabulary", "read_facts"]
