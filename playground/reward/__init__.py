"""What a reward is: its terms, its weights, presets, JSON and Python export.

Reading order: ``errors`` → ``terms`` → ``account`` → ``codec`` → ``presets`` → ``export``.
Depends on numpy alone.
"""
