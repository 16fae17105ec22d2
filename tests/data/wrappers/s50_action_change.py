import gymnasium as gym


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.last_action = None
        self.count = 0

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.last_action = None
        self.count = 0
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        if self.last_action is not None and action != self.last_action:
            reward -= 0.1
        self.last_action = action
        if self.count >= 3:
            reward += 0.2
        if obs[1] < 0.5:
            self.count += 1
        return obs, reward, terminated, truncated, info
