"""Recognition: crops, the networks that classify them, and verdicts."""
