"""Signals: Fourier transforms, patches of images as columns, correlation and sketches."""
