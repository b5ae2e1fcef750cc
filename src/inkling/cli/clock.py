"""When the process started: `total_seconds` counts from here. Imported before anything else."""

import time

STARTED = time.perf_counter()
