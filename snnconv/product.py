"""Matrix products: the one place that multiplies with BLAS.

NumPy looks at the processor's flags after a product and warns of what it finds there. A BLAS may leave any of them
behind: its kernels work on whole registers, so they calculate with memory beside the arrays too and throw that result
away (numpy's issues 24067 and 28687). The flags then say nothing of the product, and whether there is a warning depends
on chance. So none of them is looked at, here and nowhere else. A number that is not finite is found by its value
instead, before it comes here: in parameters by `snnconv.ir.check`, in images by `Program.load`. Of such numbers no
product is made, and on the grids of `snnconv.ir.grid` no sum of finite ones is too large.
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """Multiply two arrays of finite numbers as `numpy.dot` does, whatever flags that leaves.

    Parameters
    ----------
    a : ndarray (..., I)
    b : ndarray (I,) or (..., I, O)
        Of the same dtype.
    out : ndarray, optional
        Where the result goes: contiguous, of its shape and dtype.

    Returns
    -------
    ndarray
        Or a number, where both have one axis.
    """
    with np.errstate(all="ignore"):
        result: Array = np.dot(a, b, out=out)
    return result
