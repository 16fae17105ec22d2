"""What people see: the pages of the app, and nothing that a command could want, too.

A page reads the state, calls the rooms above, and draws. ``now`` holds what is on screen in this run: each thing is
looked up once, by whoever asks first. Texts come from ``words`` through ``texts``; torch is never loaded.

Start with ``frame``, what is around every page; then ``session`` (a tab's state), ``address`` (the address bar),
``now``, ``sidebar``, ``pages`` and ``episode``. ``player`` and ``gallery`` draw in the browser; ``styles`` holds
every selector of Streamlit's own elements, ``server`` and ``warm`` what the server does around the pages.
"""
