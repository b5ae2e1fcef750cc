"""Tables: finds ruled grids in an image and reads their cells."""
