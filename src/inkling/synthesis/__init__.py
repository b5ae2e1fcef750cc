"""Renders training images: handwritten digits and other shapes, with ground truth.

MNIST shows digits alone. Photos also show paper, uneven light, lines, other pens and other ways of
writing. The bundled reader learns from these images, cropped by the reader's own segmentation.
"""
