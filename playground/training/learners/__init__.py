"""The algorithms, one file each, to be read from top to bottom.

Each file has ``Settings``, small pure functions with the mathematics, and ``learn``, a generator: it flies, updates its
networks, yields an `Update`, and knows nothing of files, scorecards or pages. Every file adds one idea to the last:

``task`` (what a learner is given and gives) → ``reinforce`` (raise the odds of what paid) → ``actor_critic`` (a critic
instead of waiting for the end) → ``ppo`` (many updates from one rollout, clipped) → ``ppo_fast`` (the same without
torch, which the app trains with) → ``grpo`` (a group of episodes instead of the critic) → ``dapo`` (four improvements
of it) → ``preferences`` (learn from which of two episodes is better). ``library`` hands the learning to
Stable-Baselines3 and sb3-contrib.
"""
