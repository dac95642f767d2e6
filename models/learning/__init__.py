"""Learning to tell who leaves, from a frame of features: knows nothing of shops, orders or days between them."""
