"""The benchmark of ``offboard bench``: what the network adds to ONNX Runtime in the same process.

Every figure pairs the two sides in one run, call by call, so that a drifting machine cancels out.
"""
