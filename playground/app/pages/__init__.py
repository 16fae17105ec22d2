"""The pages, a file each: ``draw()`` reads what is on screen and draws it.

Start with ``playground``, the first page, and ``check_line``, the line above its episode.
"""
