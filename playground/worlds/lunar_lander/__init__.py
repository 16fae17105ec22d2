"""Gymnasium's LunarLander-v3: its physics, terms, presets, outcomes, measures, conditions, probes and scene.

Reading order: ``terms`` → ``presets`` → ``conditions`` → ``simulator`` → ``outcomes`` → ``measures`` → ``behaviours`` →
``highlights`` → ``world`` → ``probes`` → ``scene``.
"""
