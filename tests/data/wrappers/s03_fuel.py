def reward_fn(state, action, reward, next_state, done):
    if action == 0:
        return reward
    return reward - 0.5
