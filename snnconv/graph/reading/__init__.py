"""From ONNX nodes to nodes of the graph, or the reasons why not."""
