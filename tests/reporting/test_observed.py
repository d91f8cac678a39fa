"""An observation is compared with the parts of its run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from snnconv.errors import RunError
from snnconv.reporting.report import report
from snnconv.runs.run_folder import RunFolder
from tests.runs.test_observation import observation

FITTING = {"decision": 9, "label": 0, "model_decision": 0}


@pytest.mark.parametrize("name", [None, *FITTING])
def test_what_was_observed_is_what_was_simulated(make_run: Callable[..., Path], name: str | None) -> None:
    folder, seen = make_run(), observation()
    said = FITTING if name is None else FITTING | {name: 5}
    seen = seen.model_copy(update={"images": (seen.images[0].model_copy(update=said),)})
    RunFolder(folder).write_observation(seen.model_dump(mode="json"))
    if name is None:
        assert report(folder).observation == seen
        return
    message = (
        rf"observation\.json is damaged: the {name} of image 0 is 5, the parts give {FITTING[name]}; delete it, or"
    )
    with pytest.raises(RunError, match=message):
        report(folder)
