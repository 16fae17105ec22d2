import gymnasium as gym
import numpy as np


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.prev_shaping = None

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.prev_shaping = None
        return obs, info

    def _shaping(self, s):
        return (
            -150 * np.sqrt(s[0] * s[0] + s[1] * s[1])
            - 50 * np.sqrt(s[2] * s[2] + s[3] * s[3])
            - 100 * abs(s[4])
            + 20 * s[6]
            + 20 * s[7]
        )

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        shaping = self._shaping(obs)
        new = 0
        if self.prev_shaping is not None:
            new = shaping - self.prev_shaping
        self.prev_shaping = shaping
        if action == 2:
            new -= 0.3
        elif action in (1, 3):
            new -= 0.03
        if terminated:
            new = 200 if not self.env.unwrapped.lander.awake else -100
        reward = new
        return obs, reward, terminated, truncated, info
