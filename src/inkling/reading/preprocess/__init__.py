"""Preprocessing: decodes a file, evens the light, separates ink from paper, normalises crops."""
