"""What single neurons did in a run, compared with the run's parts."""

from typing import Any

import numpy as np

from snnconv.data.classes import decides
from snnconv.errors import RunError
from snnconv.reporting.decisions import Decisions
from snnconv.runs.observation import Observation, load_observation
from snnconv.runs.run_folder import OBSERVATION, REPEAT, RunFolder
from snnconv.runs.summary import RunSummary

Array = np.ndarray[Any, Any]


def observed(folder: RunFolder, summary: RunSummary, decided: Decisions) -> Observation | None:
    """Read the observation of a run; None where there is none.

    Raises
    ------
    RunError
        If it is damaged, or its images are not those of the parts.
    """
    seen = load_observation(folder, summary)
    if seen is None:
        return None
    for image in seen.images[: decided.images]:
        for name, said, column in (
            ("decision", image.decision, decided.last if decides(summary.classes) else None),
            ("label", image.label, decided.labels),
            ("model_decision", image.model_decision, decided.reference),
        ):
            # without a label for every image there are none to compare with
            if column is not None and said != int(column[image.position]):
                raise RunError(
                    f"{folder.path / OBSERVATION} is damaged: the {name} of image {image.position} is {said}, the "
                    f"parts give {int(column[image.position])}; {REPEAT}"
                )
    return seen
