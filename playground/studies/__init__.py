"""Several trainings as one question: how models compare, what survives another seed, which algorithm learns faster.

A study plans trainings, hands them to the queue as a batch, and turns the models into a result. It draws charts and
writes reports, but knows no page; what is said of a result stands in ``words``.

Start with ``compare``; then ``report`` and ``charts``, ``robustness`` and ``overfit_test``, ``race``. ``forecast_data``
makes the table that the forecast learns from.
"""
