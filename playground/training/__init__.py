"""How a policy is made: train spec, PPO engine, other algorithms, model store, jobs.

Reading order: ``algorithms`` → ``spec`` → ``home`` → ``store`` → ``landers`` → ``lander_vec_env`` → ``network`` →
``reward_scale`` → ``fast_ppo`` → ``progress`` → ``learners`` → ``twin`` → ``runner`` → ``engine`` → ``entry`` →
``jobs`` → ``database`` → ``notebook`` → ``work`` → ``race`` → ``sb3_zip`` → ``pretrain``. What the app imports loads no
torch: ``algorithms``, ``spec``, ``home``, ``store``, ``jobs``, ``entry``, ``notebook``, ``race`` and ``robustness``.
"""
