"""Several trainings as one question: comparisons, robustness, races."""
