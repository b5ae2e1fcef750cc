"""Readers of data formats, one module each. `registry` lists them."""
