"""Gymnasium's CartPole-v1: a pole on a cart, to be kept upright for 500 steps.

Reading order: ``terms`` → ``presets`` → ``world``.
"""
