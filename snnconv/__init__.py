"""snnconv: a trained ResNet in an ONNX file becomes a spiking neural network."""

__version__ = "0.1.0"
