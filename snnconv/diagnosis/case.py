"""What is known of a network when its causes are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from snnconv.calibration.calibration import Calibration
from snnconv.conversion.options import ConversionOptions
from snnconv.diagnosis.batchnorm import Normalised
from snnconv.diagnosis.input_range import InputRange
from snnconv.diagnosis.model import DiagnosedLayer, Growing, Part, PartName, Severity, Stage
from snnconv.diagnosis.shortcuts import WrongGain
from snnconv.ir.network import SpikingNetwork
from snnconv.reporting.intervals import wilson

_IMAGES, _SHARE = 3, 0.0025
"""A loss counts from three images on, and where the low end of its 95 % interval is above a quarter of a percent."""


_FINITE_TIME = (PartName.STEPS, PartName.RANGE, PartName.RESET, PartName.ENCODING)
"""What compensation and V(0) make up for, in the order in which what they give back is shared out."""
_REMEDIES = (PartName.INITIAL, PartName.COMPENSATION)


@dataclass(frozen=True)
class Paths:
    """The files, as the user gave them."""

    network: Path
    reference: Path
    data: Path
    calibration: Path | None = None


@dataclass(frozen=True)
class Trial:
    """What more steps make of some images: shares that are decided as in the limit T → ∞, by the network's own readout.

    Attributes
    ----------
    steps : int
        The number that does best among those tried.
    images : int
    as_it_is : float
        Of the network as it is, simulated for so many steps.
    plain : float
        Of the same network without compensation, V(0), reset to zero and Poisson spikes.
    """

    steps: int
    images: int
    as_it_is: float
    plain: float


@dataclass(frozen=True)
class Case:
    """A network, and what was measured on it.

    Attributes
    ----------
    paths : Paths
    network : SpikingNetwork
        As it is.
    options : ConversionOptions or None
        It was converted with; None where the file does not say.
    calibration : Calibration or None
    classes : int
    images, labelled, steps : int
    tolerance : float
    input : InputRange
    layers : tuple of DiagnosedLayer
        Of the network as it is.
    stages, parts : tuple
        The split of the loss.
    increments : mapping
        What each part adds to the mean |a/λ − value| of each layer, by part and layer.
    wanted, limit : mapping of str to float
        Means by layer of clip(a/λ, 0, 1), and of the value for T → ∞.
    growing : tuple of Growing
    trial : Trial or None
        None where finite time costs no decisions.
    wrong_gains : tuple of WrongGain
        Shortcuts that are off.
    normalised : tuple of Normalised
        What the model's BatchNorms say of their input.
    """

    paths: Paths
    network: SpikingNetwork
    options: ConversionOptions | None
    calibration: Calibration | None
    classes: int
    images: int
    labelled: int
    steps: int
    tolerance: float
    input: InputRange
    layers: tuple[DiagnosedLayer, ...]
    stages: tuple[Stage, ...]
    parts: tuple[Part, ...]
    increments: Mapping[PartName, Mapping[str, float]]
    wanted: Mapping[str, float]
    limit: Mapping[str, float]
    growing: tuple[Growing, ...] = ()
    trial: Trial | None = None
    wrong_gains: tuple[WrongGain, ...] = ()
    normalised: tuple[Normalised, ...] = ()

    @cached_property
    def _by_name(self) -> dict[PartName, Part]:
        return {part.name: part for part in self.parts}

    def part(self, name: PartName) -> Part | None:
        """Give what a part costs; None where the network does not have it."""
        return self._by_name.get(name)

    def before(self, name: PartName) -> Stage:
        """Give the stage before a part."""
        index = next(i for i, stage in enumerate(self.stages) if stage.last is name)
        return self.stages[index - 1]

    def after(self, name: PartName) -> Stage:
        """Give the stage with a part."""
        return next(stage for stage in self.stages if stage.last is name)

    @property
    def broken(self) -> DiagnosedLayer | None:
        """The first layer whose error breaks the tolerance."""
        return next((layer for layer in self.layers if layer.beyond_tolerance), None)

    def lost(self, name: PartName) -> float:
        """Give the share of decisions that a part costs the network as it is.

        What compensation and V(0) give back is not lost to finite time, which they are there for, and no part costs
        more than all parts together. It is given back once: to `steps` first, what is left of it to the others.
        """
        lost = _after_remedies({part.name: part.costs for part in self.parts}).get(name, 0.0)
        return min(max(lost, 0.0), 1 - self.stages[-1].kept)

    @property
    def loses(self) -> bool:
        """Whether all parts together cost decisions."""
        return counts(1 - self.stages[-1].kept, self.images)

    def severity(self, name: PartName) -> Severity:
        """Say what a part does on these images.

        It costs decisions where the choice of images does not explain what is lost: the low end of the interval is
        above a quarter of a percent; or all parts together do, and it is the largest. It makes errors where it adds the
        most, or more than the tolerance, to the first layer that breaks the tolerance.
        """
        lost = self.lost(name)
        if counts(lost, self.images):
            return Severity.LOSS
        if lost > 0 and self.loses and lost == max(map(self.lost, self._by_name)):
            return Severity.LOSS
        if self.broken is None:
            return Severity.NONE
        layer = self.broken.name
        added = _after_remedies({one: self.increments[one].get(layer, 0.0) for one in self._by_name})
        mine = added.get(name, 0.0)
        return Severity.ERROR if mine > 0 and (mine > self.tolerance or mine == max(added.values())) else Severity.NONE

    def of(self, share: float) -> str:
        """Say a share of the images as a count."""
        return f"{round(share * self.images)} of {self.images}"

    def kept(self, stage: Stage) -> str:
        """Say how near a stage is to the model, in a sentence: by its decisions, without classes by its error."""
        if stage.agreement is None:
            return f"the mean |error| of all neurons is {self.shown(stage)}"
        return f"{self.shown(stage)} images are decided as the model does"

    def shown(self, stage: Stage) -> str:
        """Say the same in figures alone, of a stage that is compared with one before."""
        return f"{stage.error:.3g} λ" if stage.agreement is None else self.of(stage.agreement)


def counts(share: float, images: int) -> bool:
    """Say whether a share of some images is a loss that the choice of images does not explain."""
    count = round(share * images)
    return count >= _IMAGES and wilson(count, images)[0] > _SHARE


def _after_remedies(amounts: Mapping[PartName, float]) -> dict[PartName, float]:
    """Take what compensation and V(0) give back off what finite time costs, each share of it once."""
    left = dict(amounts)
    remedy = sum(max(0.0, -amounts.get(name, 0.0)) for name in _REMEDIES)
    for name in _FINITE_TIME:
        taken = min(remedy, max(0.0, left.get(name, 0.0)))
        if taken > 0:
            left[name] -= taken
            remedy -= taken
    return left
