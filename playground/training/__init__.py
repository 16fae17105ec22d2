"""How a policy is made: train spec, PPO engine, model store, jobs.

Reading order: ``spec`` → ``home`` → ``store`` → ``landers`` → ``lander_vec_env`` → ``network`` → ``fast_ppo`` →
``engine`` → ``entry`` → ``jobs`` → ``database`` → ``notebook`` → ``work`` → ``sb3_zip`` → ``pretrain``. The app imports
``spec``, ``home``, ``store``, ``jobs``, ``entry`` and ``notebook`` only: the others load torch.
"""
