"""Algorithms of Stable-Baselines3 and sb3-contrib: settings here, the learning there.

Start with ``sb3``, which trains a library's model a few thousand steps at a time. ``ppo_sb3`` is the honest reference
for this project's own PPO: SB3's, unchanged.
"""
