"""Evaluation: metrics, calibration, the trained classifier, figures and reports."""
