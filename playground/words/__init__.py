"""Every text and number format, in every language; imports no other room and no library.

The texts lie in ``en.toml`` and ``zh.toml``; another language is another file. `say` looks them up. What is said of a
check, a repair, a forecast, a scorecard, a comparison, an overfit test and a race is a function here, which takes plain
values or what a small protocol describes, so that page, command line, model card and report say the same. Names that
belong to data (a term, a preset, a quantity) stay where the data is declared.

Start with ``say``, then ``numbers`` and ``scorecard``.
"""
