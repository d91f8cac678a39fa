"""A ResNet-8 on MNIST: Hu et al., Table 5; first version, Table 1."""

from experiment import Experiment, Group
from models import RESNET8

GROUP = Group(
    "mnist",
    (
        Experiment(RESNET8, "none", ("--compensation", "none")),
        Experiment(RESNET8, "search", ("--compensation", "search"), samples=64),
    ),
    pairs=(("search", "none"),),
)
