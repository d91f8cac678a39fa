"""The fixed order of image files: mixed within each class, classes taking turns."""

import numpy as np
import numpy.typing as npt

_SEED = 0


def stratified_order(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give the order in which images are taken, so that the first N are balanced over the classes.

    Within each class, in the order of the labels, the images are shuffled. Then each class in turn gives one
    image, as long as it has some.

    Parameters
    ----------
    labels : ndarray
        (n,) int64, the classes of the images sorted by name.

    Returns
    -------
    ndarray
        (n,) int64, a permutation of 0 to n - 1.

    Notes
    -----
    The shuffle sorts raw numbers of PCG64: numpy promises that these stay the same in later versions, which
    it does not promise of ``Generator.permutation``.
    """
    generator = np.random.Generator(np.random.PCG64(_SEED))
    turn = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        shuffled = np.argsort(generator.bit_generator.random_raw(len(members)), kind="stable")
        turn[members[shuffled]] = np.arange(len(members))
    # the last key counts first: by turn, then by class
    return np.lexsort((labels, turn)).astype(np.int64)
