"""Training: recipes, optimisers, the loop, checkpoints and run folders."""
