"""Where the ink is: the text probability map, components, lines."""
