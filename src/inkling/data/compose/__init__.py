"""Whole pictures of digits, and of things that are none, composed with known truth.

What MNIST lacks is the world around a digit: paper, light, lines, other pens, other habits of
writing. The bundled reader learns from these pictures, cut by the reader's own eyes.
"""
