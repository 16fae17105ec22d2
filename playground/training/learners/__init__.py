"""The algorithms of the article, one file each, to be read from top to bottom.

Each file has ``Settings``, small pure functions with the mathematics, and ``learn``, a generator: it flies, updates its
networks, yields an `Update`, and knows nothing of files, scorecards or pages. Every file adds one idea to the last:

``task`` (what a learner is given and gives) → ``reinforce`` (raise the odds of what paid) → ``actor_critic`` (a critic
instead of waiting for the end) → ``ppo`` (many updates from one rollout, clipped) → ``grpo`` (a group of episodes
instead of the critic) → ``dapo`` (four mends of it) → ``preferences`` (which of two episodes is better) → ``dpo``
(learn from that alone) → ``reward_model`` and ``rlhf`` (or learn a reward from it, and then the policy).
``dqn``, ``a2c`` and ``trpo`` hand the learning to a library (``library``).
"""
