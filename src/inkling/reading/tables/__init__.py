"""Ruled grids in an image: where they are, what stands in each cell."""
