"""Whether a calibration is of the graph that is converted: its model, and the shapes of what it measured.

A file whose hashes are right may still contradict the model. Where its numbers meet the graph's arrays that would end
in an error of shapes, or, where they broadcast, in another network.
"""

from math import prod

from snnconv.calibration.calibration import Calibration
from snnconv.errors import CalibrationError
from snnconv.graph.graph import Graph


def check_fits(calibration: Calibration, graph: Graph) -> None:
    """Refuse a calibration that is not one of a graph's model.

    Raises
    ------
    CalibrationError
        Naming what does not fit.
    """
    if calibration.model_sha256 != graph.sha256:
        raise CalibrationError(
            f"the calibration was made from {calibration.model_name} ({calibration.model_sha256[:12]}…), the model is "
            f"{graph.name} ({graph.sha256[:12]}…); calibrate this model"
        )
    if calibration.preprocessing.input_shape != graph.input_shape:
        raise CalibrationError(
            f"the calibration is of images {calibration.preprocessing.input_shape}, the model takes "
            f"{graph.input_shape}; calibrate this model again"
        )
    if calibration.input_amplitude == 0:
        raise CalibrationError(
            "all preprocessed images of the calibration are zero, so they say nothing of the model's range; "
            "calibrate on real images, and check --scale and --mean"
        )
    for value in calibration.values:
        shape = graph.known_shape(value.name)
        if shape is None:  # a value that the passes have merged into another
            continue
        numbers = len(calibration.images) * prod(shape[1:])
        if (value.channels, value.count) != (shape[0], numbers):
            raise CalibrationError(
                f"the calibration has {value.channels} channels of {value.count} numbers of {value.name}, the model "
                f"gives {shape[0]} of {numbers}; calibrate this model again"
            )
