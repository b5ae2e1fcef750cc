"""Synthetic sheets of digits with known answers, drawn without the project's renderer."""
