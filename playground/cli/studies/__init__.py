"""Commands about several trainings: compare, robustness, algorithms, race, notebook."""
