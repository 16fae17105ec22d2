"""How many processor cores there are to fly and train with."""

import psutil


def available_cores() -> int:
    """Cores that this process may use."""
    return len(psutil.Process().cpu_affinity()) if psutil.LINUX else psutil.cpu_count() or 1
