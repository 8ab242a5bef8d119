"""Spatial transformation: grids, bilinear sampling, resizing, deformable convolution."""
