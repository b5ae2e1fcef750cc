"""Detection: the text probability map, connected components, lines of text."""
