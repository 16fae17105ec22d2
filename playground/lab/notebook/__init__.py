"""The lab notebook: every training and comparison, what was meant by it, and what came of it.

Start with `entry` (one row) and `intent` (what was meant before it began); `notebook` keeps and finds them, `log` is
how a training writes into it. `database` is the file; no other module here knows SQL but `notebook`.
"""
