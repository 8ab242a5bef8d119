"""The demonstration of ``make demo``: a real classifier, saved as an MXNet checkpoint, on an attached accelerator."""
