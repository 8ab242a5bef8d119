"""What runs plans: an engine opens a model once and runs it many times."""
