"""Observes the first images of a finished run, and keeps what single neurons did in its folder."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from snnconv.choices import BackendName, ChannelOrder
from snnconv.commands.inputs import check_scale
from snnconv.data import ImageSet, Preprocessing
from snnconv.data.classes import decides
from snnconv.errors import RunError
from snnconv.graph.reading.reader import Survey
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.observe import observe
from snnconv.measuring.observing.pictures import picture
from snnconv.measuring.propagation_error import Target, images_together, reference_model, targets
from snnconv.runs.observation import (
    MAP_IMAGES,
    PICTURE_SIDE,
    Observation,
    ObservedImage,
    load_observation,
)
from snnconv.runs.part import Extent
from snnconv.runs.run_folder import OBSERVATION, RunFolder
from snnconv.runs.summary import load_summary
from snnconv.runtime.backends import Backend, choose
from snnconv.runtime.program import Array

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Observing:
    """What an observation is made of.

    Attributes
    ----------
    network : SpikingNetwork
    network_sha256 : str
        Of its file.
    preprocessing : Preprocessing
    images : ImageSet
    model : Survey or None
        The ONNX model to compare with.
    backend : Backend
    steps : int
        T.
    count : int
        How many images, from the first on; all of them are in the run.
    threads : int
    seed : int or None
        Of a Poisson input.
    """

    network: SpikingNetwork
    network_sha256: str
    preprocessing: Preprocessing
    images: ImageSet
    model: Survey | None
    backend: Backend
    steps: int
    count: int
    threads: int
    seed: int | None

    def keep(self, folder: RunFolder, progress: Callable[[int, int], None]) -> None:
        """Observe, and write the result into a run folder; nothing where it is there already.

        Parameters
        ----------
        folder : RunFolder
            Of a run with all images, locked.
        progress : callable
            Told (done, total): the images, and the first one again.

        Raises
        ------
        RunError
            If the decisions are others than those of the run.
        """
        run = _FirstImages(folder, self)
        if self._is_there(folder, run):
            return
        made = self._observation(run, progress)
        folder.write_observation(made.model_dump(mode="json"))

    def _is_there(self, folder: RunFolder, run: "_FirstImages") -> bool:
        try:
            found = load_observation(folder, load_summary(folder))
        except RunError as error:
            _log.warning("observed once more: %s", error)
            return False
        if found is None:
            return False
        if len(found.images) != self.count:
            return False
        if not all(run.holds(image) for image in found.images):
            _log.warning("observed once more: %s is of other images than the run", folder.path / OBSERVATION)
            return False
        return True

    def _observation(self, run: "_FirstImages", progress: Callable[[int, int], None]) -> Observation:
        network, total = self.network, self.count + 1
        progress(0, total)
        pictures: list[Array] = []
        # one image for each thread at least
        together = max(1, -(-self.count // self.threads))
        found = observe(
            network,
            self._targets(pictures),
            self.steps,
            backend=self.backend,
            single=choose(BackendName(self.backend.name), network, 1, 1, self.seed or 0),
            with_model=self.model is not None,
            threads=self.threads,
            together=together,
            progress=lambda done: progress(done, total),
        )
        run.check(found.decisions)
        return Observation(
            network_sha256=self.network_sha256,
            steps=self.steps,
            encoding=network.encoding.value,
            seed=self.seed,
            images=tuple(
                run.image(position, pictures[position] if position < len(pictures) else None)
                for position in range(self.count)
            ),
            layers=found.layers,
            growth=found.growth,
            raster=found.raster,
            neurobench=found.neurobench,
            maps=found.maps,
        )

    def _targets(self, pictures: list[Array]) -> Iterator[Target]:
        """Give the images and, with a model, what it makes of them; keep those that are shown."""

        def batches() -> Iterator[Array]:
            # always the same batches: the model's last bits may depend on them
            for batch in self.images.batches(images_together(self.network), stop=self.count):
                x = self.preprocessing.apply(batch.images)
                check_scale(self.network, self.images.name, x)
                pictures.extend(x[: max(0, MAP_IMAGES - len(pictures))])
                yield x

        if self.model is not None:
            # one thread: the simulator's own threads use the cores
            yield from targets(reference_model(self.network, self.model, threads=1), batches())
            return
        first = 0
        for x in batches():
            yield Target(x, {}, np.zeros(len(x), dtype=np.int64), first)
            first += len(x)


class _FirstImages:
    """What the parts of a run say of its first images."""

    def __init__(self, folder: RunFolder, of: Observing) -> None:
        self._path = folder.path
        self._turned = of.preprocessing.geometry.channels is ChannelOrder.BGR
        network = of.network
        self._decides = decides(network.readout.shape[0])
        extent = Extent(of.steps, network.readout.shape[0], len(network.neurons), len(network.weighted))
        columns: list[tuple[Array, Array, Array]] = []
        there = 0
        for part in folder.parts(extent):
            if there >= of.count:
                break
            columns.append((part.predictions[:, -1], part.labels, part.reference))
            there += len(part.labels)
        self._decisions, self._labels, self._reference = (
            np.concatenate(column)[: of.count].astype(np.int64) for column in zip(*columns, strict=True)
        )

    def check(self, decisions: Array) -> None:
        """Compare decisions with those of the run."""
        for position in np.flatnonzero(decisions != self._decisions)[:1]:
            raise RunError(
                f"{self._path}: image {position} is decided as {decisions[position]} when it is observed, as "
                f"{self._decisions[position]} in the run; this is a bug, please report it; simulate with --observe 0"
            )

    def holds(self, seen: ObservedImage) -> bool:
        """Say whether an image was decided and labelled as in the run."""
        picture = {"picture": seen.picture}
        return self.image(seen.position, None).model_copy(update=picture) == seen

    def image(self, position: int, entered: Array | None) -> ObservedImage:
        """Put together what is known of an image; `entered` (C, H, W) is what it was as it entered."""
        label, model = int(self._labels[position]), int(self._reference[position])
        if entered is not None and self._turned and len(entered) == 3:
            entered = entered[::-1]
        return ObservedImage(
            position=position,
            label=None if label < 0 else label,
            decision=int(self._decisions[position]) if self._decides else None,
            model_decision=None if model < 0 else model,
            picture=None if entered is None else picture(entered, PICTURE_SIDE),
        )
