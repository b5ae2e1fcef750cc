"""Work that is too large for one process: bulk reading, seeds and trials on many cores or Ray."""
