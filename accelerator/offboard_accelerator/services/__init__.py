"""The gRPC services of a worker, one module each."""
