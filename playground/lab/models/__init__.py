"""What is kept of a training: a model is a folder with checksums.

Start with ``model``, one folder, and ``store``, all of them. ``names`` and ``card`` say what a model is in words;
``export_formats``, ``tensorboard_export`` and ``sb3_import`` lead to other tools and back; ``pretrain`` makes the
shipped models.
"""
