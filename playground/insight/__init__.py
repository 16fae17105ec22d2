"""What it means: what paid for an episode, what a reward would prefer, how to repair it, and what training makes of it.

Pure functions over episodes and recordings. No world is named here: what behaviours mean is the world's data. No torch,
no page, and no wording (``words``).

Start with ``breakdown``; then ``library`` → ``ranking`` → ``checks_general`` and ``checks_goal`` → ``check``. Upon it
stand ``repair`` and ``forecast``; ``explain``, ``highlights``, ``comparison`` and ``success_rates`` stand beside it.
"""
