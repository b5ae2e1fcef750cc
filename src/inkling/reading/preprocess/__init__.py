"""From a file to evened, normalised pixels."""
