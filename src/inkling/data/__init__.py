"""Data sets: formats, downloads, splits, batches and augmentation."""
