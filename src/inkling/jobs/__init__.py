"""Complete jobs, as the command line and the Python API call them: train, evaluate, tune, ..."""
