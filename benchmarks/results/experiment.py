"""What an experiment is: data, a model, a conversion, and what is done with the network.

Paths are written as ``MODELS/…``, ``DATA/…`` and ``WORK/…``: the folders that the command is given.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """Images to calibrate on and to test on.

    Attributes
    ----------
    train, test : str
        Paths of what ``snnconv`` reads.
    split : str, optional
        A ``.npz`` with x_train, y_train, x_test and y_test that `train` and `test` are written from.
    """

    train: str
    test: str
    split: str | None = None


@dataclass(frozen=True)
class Model:
    """A trained ONNX file.

    Attributes
    ----------
    name : str
        As in the names of files.
    title : str
        As on the page.
    file : str
    data : Dataset
    preprocessing : tuple of str, optional
        Options of ``calibrate``; None reads ``mean`` and ``std`` from the ``.json`` beside the file.
    """

    name: str
    title: str
    file: str
    data: Dataset
    preprocessing: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Experiment:
    """A network that is converted, simulated and diagnosed.

    Attributes
    ----------
    model : Model
    kind : str
        How it is converted, in one word: with the model's name, the experiment's name.
    options : tuple of str
        Options of ``convert``.
    samples : int, optional
        Training images that the conversion looks at; None gives it none.
    steps : int
        T.
    simulate : bool
        Whether it runs on test images.
    images : int, optional
        So many of them, from the first; None takes all.
    seeds : tuple of int
        A run for each; none where nothing is drawn.
    diagnose : int, optional
        Training images for ``diagnose``; None makes no diagnosis.
    """

    model: Model
    kind: str
    options: tuple[str, ...]
    samples: int | None = None
    steps: int = 350
    simulate: bool = True
    images: int | None = None
    seeds: tuple[int, ...] = ()
    diagnose: int | None = None

    @property
    def name(self) -> str:
        """``MODEL-KIND``: of the network's file, and with the seed of the run folders."""
        return f"{self.model.name}-{self.kind}"

    @property
    def runs(self) -> dict[str, int | None]:
        """Run folders with their seeds."""
        if not self.simulate:
            return {}
        return {f"{self.name}-s{seed}": seed for seed in self.seeds} if self.seeds else {self.name: None}


@dataclass(frozen=True)
class Group:
    """Experiments that belong together.

    Attributes
    ----------
    name : str
    experiments : tuple of Experiment
    pairs : tuple of (str, str)
        Kinds whose accuracies are compared on the same images, the first minus the second.
    ratios : tuple of (str, str, float)
        Kinds of which the first should lose so many times what the second loses.
    """

    name: str
    experiments: tuple[Experiment, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    ratios: tuple[tuple[str, str, float], ...] = ()
