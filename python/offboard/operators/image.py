"""Image operators: what a data pipeline does to one image or a batch of them."""
