"""The reader: from an image to its digits, lines and tables. Imports no torch."""
