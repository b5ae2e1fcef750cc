"""HTML reports: of a run, a comparison, a data set, and a label audit."""
