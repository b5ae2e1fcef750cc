"""inkling: handwritten digits, from raw MNIST to an answer about your own photo."""
