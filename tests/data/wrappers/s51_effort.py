import gymnasium as gym


class Shaped(gym.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.effort = 0.0

    def reset(self, **kwargs):
        obs, info = self.env.reset(**kwargs)
        self.effort = 0.0
        return obs, info

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.effort += abs(obs[5])
        if terminated or truncated:
            reward -= self.effort
        return obs, reward, terminated, truncated, info
