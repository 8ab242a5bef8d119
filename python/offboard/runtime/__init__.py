"""The instance's own CPU: plans over ONNX Runtime, imperative operators, and the seam to where executors run."""
