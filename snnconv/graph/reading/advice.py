"""Operators that have no spiking form, and what to use in their place.

To add one, put its name behind a reason, or write a new reason: what is wrong, a semicolon, what to do, which must be
possible and work. What an operator is a part of, such as a gate, is recognised in `snnconv.graph.reading.patterns`.
"""

from collections.abc import Iterable
from difflib import get_close_matches

SMOOTH = "it is no ReLU, and IF neurons compute ReLUs; train with ReLU"
GELU = "it is a part of GELU, which is no ReLU, and IF neurons compute ReLUs; train with ReLU"
NORMALISES = (
    "it normalises by statistics of each image, which has no spiking form (as LayerNorm, GroupNorm, InstanceNorm do); "
    "train with BatchNorm"
)
MIXES = "attention has no spiking form here; use a convolutional network"
OPTIMISED = (
    "onnxruntime's optimiser put it in; convert the file that the exporter wrote, or save it with "
    "GraphOptimizationLevel.ORT_ENABLE_BASIC"
)
NORM = "it takes the norm of a value, which has no spiking form; train without, or end the network before it"

_QUANTISED = "the model is quantised; export it in float32"
_CHOOSES = "it chooses at run time; export the model by tracing, without control flow"
_RECURRENT = "recurrent layers are not supported; use a convolutional network"
_LARGER = (
    "it makes maps larger, which classifiers do not; convert a classifier, or the part before it that ends in numbers"
)
_VALUES = (
    "it decides by values of the image, which has no spiking form; use a network without masks and selections, and "
    "write an activation such as torch.where(x > 0, x, 0.1 * x) as LeakyReLU or PReLU"
)
_EINSUM = "it may be any sum of products; write it as a sum, a mean, a Linear or a convolution, if it is one of these"
_DETECTS = "it belongs to object detection; convert a network that ends with a number for each class"
_RANDOM = "it draws at random; export the model in evaluation mode (model.eval())"
_BEFORE = "it prepares the data; do it before the network, and give its result as images"
_LOSS = "it is a loss of the training; export the model without it"
_SAMPLES = "it reads at places that depend on the image, which has no spiking form; use a convolution"
_POOLS = "it is no pooling that has a spiking form; use AveragePool, MaxPool or their global forms"
_CURVES = "its function is none that ReLUs compute; use a network of convolutions, ReLUs and sums"

_REASONS = {
    SMOOTH: "Celu Elu Exp HardSwish Mish QuickGelu Selu Softplus Softsign SwiGLU Swish Tanh ThresholdedRelu",
    GELU: "BiasGelu Erf FastGelu Gelu",
    NORMALISES: "GroupNorm GroupNormalization InstanceNormalization LayerNormalization LRN MeanVarianceNormalization "
    "RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization",
    _EINSUM: "Einsum",
    MIXES: "Attention LinearAttention MultiHeadAttention RotaryEmbedding",
    NORM: "ReduceL1",
    _QUANTISED: "ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearAdd QLinearConv "
    "QLinearGlobalAveragePool QLinearMatMul QuantizeLinear",
    _CHOOSES: "If Loop Optional OptionalGetElement OptionalHasElement Scan SequenceAt SequenceConstruct SequenceMap",
    _RECURRENT: "CausalConvWithState GRU LSTM RNN",
    _LARGER: "Col2Im ConvTranspose MaxUnpool Resize Upsample",
    _VALUES: "And Compress Equal Greater GreaterOrEqual Less LessOrEqual NonZero Not Or Trilu Unique Where Xor",
    _DETECTS: "MaxRoiPool NonMaxSuppression RoiAlign",
    _RANDOM: "Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike",
    _BEFORE: "BlackmanWindow DFT HammingWindow HannWindow ImageDecoder MelWeightMatrix STFT StringNormalizer "
    "TfIdfVectorizer",
    _LOSS: "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    _SAMPLES: "AffineGrid DeformConv GridSample",
    _POOLS: "GlobalLpPool LpPool",
    _CURVES: "Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Floor Log Mod Reciprocal ReduceLogSum "
    "ReduceLogSumExp ReduceMin ReduceProd Round Sign Sin Sinh Sqrt Tan",
}

ADVICE = {op: reason for reason, ops in _REASONS.items() for op in ops.split()}
"""What to say of an operator that has no reader, by its name."""

STANDARD = ("", "ai.onnx")
"""Names of ONNX's own domain."""


def of_unknown(op: str, domain: str, known: Iterable[str]) -> str:
    """Say what an operator without a reader is, or what is near it.

    Parameters
    ----------
    op, domain : str
        Its type and domain.
    known : iterable of str
        Operators that have readers.
    """
    if op in ADVICE:
        return ADVICE[op]
    if domain.startswith(("com.microsoft", "com.ms.")):
        return OPTIMISED
    if domain not in STANDARD:
        return f"only {domain} knows such an operator; export with standard ONNX operators"
    near = get_close_matches(op, known, n=3, cutoff=0.7)
    instead = f"near it are {', '.join(near)}" if near else "docs/onnx.md lists those that are"
    return f"no such operator is supported; {instead}"
