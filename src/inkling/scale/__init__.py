"""Bulk reading, and seeds and trials in parallel, on many cores or on Ray."""
