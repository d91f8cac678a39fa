"""Whether a network decides among classes: the one place that says which figures mean something.

The largest of several outputs is a decision. A single output is a number: an age, or a logit whose sign is meant. The
file does not say which, and the largest of one number is always the first. So decisions, labels, accuracy and
agreement are not measured for it; spikes, operations, energy and errors of layers are, as for every network.
"""

ONE_NUMBER = "one number and no classes"
"""What such a network gives, after ``the network gives``."""


def decides(outputs: int) -> bool:
    """Say whether a network with so many outputs decides among classes."""
    return outputs > 1


def instead(whose: str) -> str:
    """Say that labels are not read, and how one number that stands for two classes is measured.

    Parameters
    ----------
    whose : str
        Who gives the number: ``the model``.
    """
    return (
        f"{whose} gives {ONE_NUMBER}: labels are not read, accuracy and agreement are not measured. Where its sign "
        "decides between two classes, give the last layer two outputs, -z/2 and z/2, which are the same decision"
    )
