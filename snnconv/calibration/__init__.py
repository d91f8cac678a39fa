"""Graph + data -> Calibration: activations through onnxruntime, streaming histograms, percentiles."""
