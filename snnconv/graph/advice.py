"""Operators that have no spiking form, and what to use in their place."""

_SMOOTH = "it is no ReLU, and IF neurons compute ReLUs; train with ReLU"
_NORMALISES = "it normalises by statistics of each image, which has no spiking form; train with BatchNorm"
_MIXES = "attention has no spiking form here; use a convolutional network"
_QUANTISED = "the model is quantised; export it in float32"

_CHOOSES = "it chooses at run time; export the model by tracing, without control flow"
_RECURRENT = "recurrent layers are not supported; use a convolutional network"
_LARGER = "it makes maps larger, which classifiers do not"

_REASONS = {
    _SMOOTH: "Celu Elu Erf Exp Gelu HardSigmoid HardSwish Mish Selu Softplus Softsign Swish Tanh ThresholdedRelu",
    _NORMALISES: "GroupNormalization InstanceNormalization LayerNormalization LpNormalization LRN "
    "MeanVarianceNormalization RMSNormalization",
    _MIXES: "Attention Einsum RotaryEmbedding",
    _QUANTISED: "ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul "
    "QuantizeLinear",
    _CHOOSES: "If Loop Scan",
    _RECURRENT: "GRU LSTM RNN",
    _LARGER: "ConvTranspose DepthToSpace Resize Upsample",
}

ADVICE = {op: reason for reason, ops in _REASONS.items() for op in ops.split()}
"""What to say of an operator that has no reader, by its name."""
