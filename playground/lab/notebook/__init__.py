"""The lab notebook: every training and comparison, and what came of it."""
