"""What happened: the environment, episodes, policies that fly them, scores and pictures.

Reading order: ``conditions`` → ``simulator`` → ``wrapper`` → ``trajectory`` → ``policy`` → ``rollout`` → ``probes`` →
``scorecard`` → ``recording``. Depends on ``playground.reward`` and Gymnasium; never on torch.
"""

from typing import Final

ENV_ID: Final = "LunarLander-v3"
"""The one environment of this project; known without loading it."""
