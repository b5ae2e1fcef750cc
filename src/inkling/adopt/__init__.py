"""Adopts checkpoints of other tools: reads them as data and infers the network from the weights."""
