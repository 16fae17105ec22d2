import math


def reward(s, a, s2):
    d = math.sqrt(s2[0] ** 2 + s2[1] ** 2)
    v = math.hypot(s2[2], s2[3])
    return 0 if d < 0.3 and v < 0.5 and abs(s2[4]) < 0.2 else -1
