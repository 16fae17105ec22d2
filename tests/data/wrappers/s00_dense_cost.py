import numpy as np


def compute_reward(obs, action):
    dist = np.linalg.norm(obs[:2])
    speed = np.sqrt(np.sum(np.square(obs[2:4])))
    reward = -10 * dist - 15 * speed + 0.5 * (obs[6] + obs[7])
    if abs(obs[0]) >= 1 or abs(obs[1]) >= 1.6:
        reward -= 20
    return reward
