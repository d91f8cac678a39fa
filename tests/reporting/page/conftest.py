"""What the tests of the page share."""

from collections.abc import Callable

import pytest

from snnconv.reporting.model import Report
from tests.reporting.page.made_reports import make_report
from tests.reporting.page.parsed import Parsed


@pytest.fixture(scope="session")
def report() -> Report:
    """A complete run."""
    return make_report()


@pytest.fixture(scope="session")
def make() -> Callable[..., Report]:
    """Give a function that makes a report; its arguments are fields of `Made`."""
    return make_report


@pytest.fixture(scope="session")
def parse() -> type[Parsed]:
    """Give the class that takes a page apart."""
    return Parsed
