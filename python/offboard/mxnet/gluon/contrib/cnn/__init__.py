"""Convolutions whose kernels are bent by offsets that a convolution of its own gives."""

from offboard.mxnet.gluon.contrib.cnn.conv_layers import DeformableConvolution, ModulatedDeformableConvolution

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]
