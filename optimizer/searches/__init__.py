"""Ways to walk a model; found by folder."""
