"""A few of the hostile archives: `hostile_archives.py` runs thousands."""

from collections import Counter
from pathlib import Path

from tests.fuzz import hostile_archives
from tests.fuzz.archives import KINDS
from tests.fuzz.damaged_models import FAILED, NOT_MADE, REFUSED, verdicts

CASES = 80


def test_hostile_archives_are_refused_in_one_line_or_read() -> None:
    found = list(verdicts(0, 0, CASES, 60, script=hostile_archives.__file__))
    assert [number for number, _, _ in found] == list(range(CASES))
    assert [verdict for verdict in found if verdict[1] in (FAILED, NOT_MADE)] == []
    counts = Counter(verdict for _, verdict, _ in found)
    # some do no harm: they must still be read
    assert counts[REFUSED] >= 50
    assert counts[hostile_archives.READ] >= 5
    assert {why.split(",")[0].split(":")[0] for _, _, why in found} == {kind.__name__ for kind in KINDS}


def test_what_is_read_wrongly_is_a_failure(monkeypatch) -> None:
    for fault in (RuntimeError("no"), MemoryError()):

        def use(path: Path, labels: Path | None, fault: Exception = fault) -> set[bytes]:
            raise fault

        monkeypatch.setattr(hostile_archives, "_use", use)
        verdict, why = hostile_archives.run_case(0, 0)
        assert (verdict, type(fault).__name__ in why) == (FAILED, True)
    monkeypatch.setattr(hostile_archives, "_use", lambda path, labels: {b"another image"})
    assert hostile_archives.run_case(0, 0, "npz_bytes")[0] == FAILED
