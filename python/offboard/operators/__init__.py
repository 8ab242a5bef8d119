"""MXNet's operators: what is known of each as data, and how each becomes ONNX."""
