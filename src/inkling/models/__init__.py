"""Network architectures and their specifications for recipes."""
