"""The ONNX model as a ``Graph``. The only place that reads ONNX or runs it."""
