"""How errors grow with depth: Hu et al., Fig. 4, Tables 1 and 3; first version, Fig. 3. The networks of `losses`."""

from dataclasses import replace

from experiment import Group

from groups import losses

GROUP = Group(
    "depth",
    tuple(
        replace(experiment, simulate=False, diagnose=256)
        for experiment in losses.GROUP.experiments
        if experiment.kind in ("none", "search", "layerwise")
    ),
)
