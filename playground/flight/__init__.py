"""What happened, in any world: the `World` contract, episodes, the policies that fly them, scores and pictures.

No world is named here (each is a folder in ``worlds``), nothing trains, and torch is never loaded.

Start with ``world`` and ``trajectory``; then ``rollout`` → ``policy`` → ``fleet`` → ``scorecard`` → ``recording``.
``behaviours``, ``probes`` and ``moment`` are what a world may declare beside the contract, ``spaces`` and ``wrapper``
refuse environments that do not fit.
"""
