"""Measuring an engine on labelled documents: scores by tier, calibration, labels from validated rows."""
