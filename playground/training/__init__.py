"""How a policy is made: train spec, PPO engine, model store, jobs.

Reading order: ``spec`` → ``home`` → ``store`` → ``lander_vec_env`` → ``engine`` → ``jobs`` → ``work`` →
``sb3_zip`` → ``pretrain``. Only ``engine``, ``lander_vec_env``, ``sb3_zip`` and ``work`` load torch: the
app reads specs, models and jobs without it.
"""
