import numpy as np


def reward(prev_obs, action, obs, reward):
    total = reward + np.maximum(0, 0.5 - np.abs(obs[0])) + max(0, 0.2 - abs(obs[2]) - abs(obs[3]))
    total += np.where(np.abs(obs[4]) < 0.1, 0.1, 0)
    return total + 100 * (obs[6] and obs[7] and abs(obs[2]) < 0.1 and abs(obs[3]) < 0.1)
