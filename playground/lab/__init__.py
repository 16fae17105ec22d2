"""What is kept and who works: models, the queue of trainings, batches, and the lab notebook.

Everything that a user makes lies in one home folder, locks included. Nothing here knows a page; nothing but
`job_runner`, `pretrain`, `sb3_import` and `tensorboard_export` loads torch, and those only when they are asked to.

Start with `model` (a trained model's folder) and `store` (all of them). Then `queue`, the contract that pages, commands
and studies know; `job_folder`, the truth about a training that has not become a model; `queue_local`, the contract on
this machine, with `line` (whose turn it is), `scheduler` (the small process that starts trainings) and `job_runner`
(what each of them does, with `pulse` beside it). `batch` makes one piece of work of many trainings. `notebook` records
what was tried. `paths`, `files`, `locks` and `processes` are what all of them stand on.
"""
