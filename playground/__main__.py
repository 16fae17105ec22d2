"""``python -m playground``: the command line."""

from playground.cli import main

raise SystemExit(main())
