"""The ONNX model and the graph in onnxruntime."""
