"""Regions of interest: their proposal, pooling and alignment."""
