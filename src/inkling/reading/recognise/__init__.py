"""From ink to digits: crops, networks, verdicts."""
