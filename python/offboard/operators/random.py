"""Random numbers: samplers, and the densities of distributions."""
