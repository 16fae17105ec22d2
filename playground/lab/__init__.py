"""What is kept and who works: models, the queue of trainings, and the notebook.

Everything that a user makes lies in one home folder, locks included. Nothing here knows a page; nothing but
``queue.job_runner``, ``models.pretrain``, ``models.sb3_import`` and ``models.tensorboard_export`` loads torch, and
those only when they are asked to.

Start with ``models.model`` (a trained model's folder) and ``models.store`` (all of them). Then ``queue.contract``,
which is all that pages, commands and studies know of it, and ``notebook``, which records what was tried. ``paths``,
``files`` and ``locks`` are what they stand on.
"""
