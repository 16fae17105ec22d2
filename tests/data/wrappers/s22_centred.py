import gymnasium as gym


class Shaped(gym.Wrapper):
    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        reward -= 10 * abs(obs[0])
        if obs[6] == 1 and obs[7] == 1:
            reward += 20
        return obs, reward, terminated, truncated, info
