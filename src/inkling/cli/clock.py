"""The start time of the process, for `total_seconds`. Must be imported before everything else."""

import time

STARTED = time.perf_counter()
