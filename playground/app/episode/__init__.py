"""The episode on the first page: which one, the player, its questions and answers, flights by hand, downloads.

Reading order: ``films`` → ``by_hand`` → ``picker`` → ``downloads`` → ``panel``, which draws it all.

Leaves out: the player itself, its HTML and JavaScript (``app.player``).
"""
