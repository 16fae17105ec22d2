"""The worlds that can be played: a folder each."""
