"""Who works, and when: the contract of a queue and the local one behind it.

A training is a process of its own. ``contract`` says what pages, commands and studies may ask; they know nothing else.
``local`` keeps jobs as folders of the home: ``job_folder`` reads and writes them, ``scheduler`` starts the next one in
``line`` when there is room, and ``job_runner`` carries one spec to a model, with a ``pulse`` that shows it is alive and
hears a cancel. ``batch`` queues many specs as one piece of work.

What does not belong here: how a policy is made (``training``), and what is kept of it (``lab.models``).
"""
