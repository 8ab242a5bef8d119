"""Special functions, in full precision of each dtype."""
