"""The HTTP service and the drawing page. Imports neither torch nor anything that does."""
