"""Whole jobs, from a request to a result on disk: what the command line and the API call."""
