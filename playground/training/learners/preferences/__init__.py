"""Learning from which of two episodes is better, without a reward that somebody designed.

Reading order: ``pairs`` (two episodes and a judge) → ``dpo`` (learn from the judgements alone) → ``reward_model`` and
``rlhf`` (or fit a reward to them first, and let ``ppo`` learn that).
"""
