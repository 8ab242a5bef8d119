"""Quantised operators: int8 and uint8 with their ranges beside them."""
