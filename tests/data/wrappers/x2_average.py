import gymnasium as gym


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.smooth = 0.0

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.smooth = 0.0
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.smooth = 0.9 * self.smooth + 0.1 * abs(obs[4])
        reward -= self.smooth
        return obs, reward, terminated, truncated, info
