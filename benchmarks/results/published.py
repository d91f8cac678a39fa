"""What the papers publish, figure by figure, with its place. Nothing here is measured by us."""

from dataclasses import dataclass

HU = "Hu et al."
"""Y. Hu, H. Tang, G. Pan: Spiking Deep Residual Networks, arXiv:1805.01352, the revised version."""
FIRST = "first version"
"""Y. Hu, H. Tang, Y. Wang, G. Pan: Spiking Deep Residual Network, arXiv:1805.01352v1."""
SENGUPTA = "Sengupta et al."
"""A. Sengupta, Y. Ye, R. Wang, C. Liu, K. Roy: Going Deeper in Spiking Neural Networks."""

PAPERS = (
    f"{HU}: Y. Hu, H. Tang, G. Pan, *Spiking Deep Residual Networks*, arXiv:1805.01352, the revised version",
    f"{FIRST}: Y. Hu, H. Tang, Y. Wang, G. Pan, *Spiking Deep Residual Network*, the first version of the same",
    f"{SENGUPTA}: A. Sengupta, Y. Ye, R. Wang, C. Liu, K. Roy, *Going Deeper in Spiking Neural Networks: VGG and "
    "Residual Architectures*, Frontiers in Neuroscience 13, 2019",
)


@dataclass(frozen=True)
class Loss:
    """Errors in percent as printed.

    Attributes
    ----------
    ann, snn : float
        Of the network before and after conversion.
    source : str
    """

    ann: float
    snn: float
    source: str

    @property
    def points(self) -> float:
        """What conversion loses, rounded as the papers print it."""
        return round(self.snn - self.ann, 2)


LOSSES: dict[tuple[str, str], tuple[Loss, ...]] = {
    ("resnet20", "none"): (Loss(8.01, 8.21, f"{HU}, Table 2"), Loss(8.01, 8.21, f"{FIRST}, Table 2")),
    ("resnet20", "unnorm"): (Loss(8.01, 10.55, f"{HU}, Table 2"), Loss(8.01, 10.55, f"{FIRST}, Table 2")),
    ("resnet20", "search"): (Loss(8.01, 8.18, f"{HU}, Table 3"),),
    ("resnet20", "layerwise"): (Loss(8.01, 8.18, f"{FIRST}, Tables 2 and 3"),),
    # "the max 99.9% or 99.99% activation" (below Eq. 2): the same figures may be of either
    ("resnet20", "none-9999"): (Loss(8.01, 8.21, f"{HU}, Table 2"),),
    ("resnet20", "search-9999"): (Loss(8.01, 8.18, f"{HU}, Table 3"),),
    ("resnet20", "unnorm-9999"): (Loss(8.01, 10.55, f"{HU}, Table 2"),),
    ("resnet56", "none-9999"): (Loss(7.01, 8.36, f"{HU}, Table 2"),),
    ("resnet56", "search-9999"): (Loss(7.01, 7.67, f"{HU}, Table 3"),),
    ("resnet56", "unnorm-9999"): (Loss(7.01, 16.67, f"{HU}, Table 2"),),
    ("resnet56", "none"): (Loss(7.01, 8.36, f"{HU}, Table 2"), Loss(7.01, 8.36, f"{FIRST}, Table 2")),
    ("resnet56", "unnorm"): (Loss(7.01, 16.67, f"{HU}, Table 2"), Loss(7.01, 16.67, f"{FIRST}, Table 2")),
    ("resnet56", "search"): (Loss(7.01, 7.67, f"{HU}, Table 3"),),
    ("resnet56", "layerwise"): (Loss(7.01, 7.67, f"{FIRST}, Tables 2 and 3"),),
    ("plain20", "none"): (
        Loss(9.30, 11.26, f"{HU}, Table 3"),
        Loss(9.30, 11.27, f"{FIRST}, section 4.3; CNN of {HU}, Table 3"),
    ),
    ("plain20", "search"): (Loss(9.30, 10.60, f"{HU}, Table 3"),),
    ("plain20", "layerwise"): (Loss(9.30, 10.60, f"{FIRST}, Table 3; CNN of {HU}, Table 3"),),
    # the two versions do not agree: 15.82 % in one, 83.74 % right in the other
    ("plain32", "none"): (
        Loss(10.15, 15.82, f"{HU}, Table 3"),
        Loss(10.15, 16.26, f"{FIRST}, section 4.3; CNN of {HU}, Table 3"),
    ),
    ("plain32", "search"): (Loss(10.15, 13.88, f"{HU}, Table 3"),),
    ("plain32", "layerwise"): (Loss(10.15, 13.88, f"{FIRST}, Table 3; CNN of {HU}, Table 3"),),
    # these tables are of networks with compensation: their CIFAR-10 rows are those of Table 3 with it
    ("resnet8_mnist", "search"): (Loss(0.41, 0.41, f"{HU}, Table 5"), Loss(0.41, 0.41, f"{FIRST}, Table 1")),
    ("vgg", "spikes"): (Loss(8.3, 8.45, f"VGG-16: {SENGUPTA}, Table 1"),),
    ("vgg", "activations"): (Loss(8.3, 8.54, f"VGG-16: {SENGUPTA}, Table 1"),),
    ("resnet14_plain", "one"): (Loss(10.9, 12.54, f"ResNet-20: {SENGUPTA}, Table 3"),),
    ("resnet14_plain", "activations"): (Loss(10.9, 12.87, f"ResNet-20: {SENGUPTA}, section 7.3"),),
}
"""By model and kind of conversion. Accuracies of the first version are written as errors here."""


GAINS: dict[tuple[str, str], tuple[float, str]] = {
    ("resnet20", "search"): (0.03, f"{HU}, Table 3"),
    ("resnet56", "search"): (0.69, f"{HU}, Table 3"),
    ("resnet20", "search-9999"): (0.03, f"{HU}, Table 3"),
    ("resnet56", "search-9999"): (0.69, f"{HU}, Table 3"),
    ("plain20", "search"): (0.66, f"{HU}, Table 3"),
    ("plain32", "search"): (1.94, f"{HU}, Table 3"),
    ("resnet20", "layerwise"): (0.03, f"{FIRST}, section 4.4"),
    ("resnet56", "layerwise"): (0.69, f"{FIRST}, section 4.4"),
    ("plain20", "layerwise"): (0.67, f"{FIRST}, section 4.4"),
    ("plain32", "layerwise"): (2.38, f"{FIRST}, section 4.4"),
}
"""Points of accuracy that compensation gains, by model and kind of conversion."""


@dataclass(frozen=True)
class Fit:
    """A fit p·q^l as printed, with its adjusted R²."""

    p: float
    q: float
    adjusted_r2: float


FITS: dict[str, Fit] = {
    "ResNet-20": Fit(0.001168, 1.270, 0.9562),
    "ResNet-32": Fit(0.002853, 1.131, 0.9717),
    "ResNet-44": Fit(0.005269, 1.081, 0.9753),
    "ResNet-56": Fit(0.007478, 1.059, 0.9602),
    "ImageNet, ResNet-18": Fit(0.002418, 1.273, 0.9498),
    "ImageNet, ResNet-34": Fit(0.040488, 1.113, 0.9192),
    "ImageNet, ResNet-50": Fit(0.006339, 1.073, 0.6598),
}
"""Hu et al., Table 1."""

ERRORS: dict[tuple[str, str], float] = {
    ("resnet20", "none"): 0.004226,
    ("resnet20", "search"): 0.004068,
    ("resnet56", "none"): 0.007927,
    ("resnet56", "search"): 0.006599,
    ("plain20", "none"): 0.006068,
    ("plain20", "search"): 0.005076,
    ("plain32", "none"): 0.009681,
    ("plain32", "search"): 0.007916,
}
"""Mean error E over all neurons: Hu et al., Table 3."""

AC_PER_MAC = (
    ("VGG-16 on ImageNet", 500, 1.975),
    ("ResNet-34 on ImageNet", 2000, 2.4),
)
"""Sengupta et al., section 7.4: the network, steps, accumulations per MAC."""

SEED_DEVIATION = 0.01
"""Sengupta et al., section 7.2: standard deviation of the error after 2,500 steps over runs, in points, about."""
