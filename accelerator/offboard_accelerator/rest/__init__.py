"""REST, on loopback: the Open Inference Protocol's HTTP form, health, metrics, and what accelerators there are."""
