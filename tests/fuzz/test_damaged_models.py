"""A few of the damaged models: `damaged_models.py` runs thousands."""

from collections import Counter

from tests.fuzz.damaged_models import CONVERTED, NOT_MADE, OFF_PARITY, REFUSED, verdicts
from tests.fuzz.tally import FAILED

CASES = 60


def test_damaged_models_are_refused_in_one_line_or_converted_at_parity() -> None:
    found = list(verdicts(0, 0, CASES, timeout=60))
    assert [number for number, _, _ in found] == list(range(CASES))
    assert [verdict for verdict in found if verdict[1] in (FAILED, OFF_PARITY)] == []
    counts = Counter(verdict for _, verdict, _ in found)
    # some damages do no harm: those models must still be converted
    assert counts[REFUSED] >= 30
    assert counts[CONVERTED] >= 3
    assert counts[NOT_MADE] <= 3
