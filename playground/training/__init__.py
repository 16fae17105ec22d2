"""How a policy is made, in any world: what to train, the one loop, networks, and the learners.

Reading order: ``spec`` (everything that decides which policy comes out) and ``algorithms`` (which there are) →
``train`` (the one loop around every learner) → ``curve``, ``result`` and ``checkpoint`` (what it measures, gives and
saves) → ``learners`` (the algorithms) → ``nets`` and ``numpy_net`` (networks) → ``sb3_env`` and ``sb3_io`` (to
Stable-Baselines3 and back).

Nothing here knows where files lie, who queues a training, what a page shows, or any world by name. ``algorithms`` and
``spec`` load no torch, so the web process may import them.
"""
