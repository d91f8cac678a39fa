"""How many steps may be counted: memory for what is recorded in each of them."""

import pytest

from snnconv.errors import NotRunnableError
from snnconv.runtime.memory import check_steps
from tests.runtime.wirings import Net


def test_steps_whose_counts_do_not_fit_are_refused() -> None:
    m = Net()
    network = m.finish(m.neurons("n1", m.conv("c1", m.start(), 5)))
    # 2 layers of neurons, 2 convolutions and the classifier, 32 bytes each; 16 images of 16 bytes
    each = 5 * 32 + 16 * 16
    check_steps(network, 1000, 1000 * each)
    with pytest.raises(NotRunnableError, match=r"the counts of 1,001 steps need .* take fewer --steps"):
        check_steps(network, 1001, 1000 * each)
    # beyond any number of bytes too
    with pytest.raises(NotRunnableError, match="at most 8"):
        check_steps(network, 10**40, 8 << 30)
