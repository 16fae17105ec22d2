"""The command line: everything that needs no browser. Each file is one command: its options and its body.

Commands print text by default, in the language of ``--lang`` or of the locale, and with ``--json`` one object for
programs, which is never translated. Exit status: 0 done, 1 failed, 2 bad input; ``check`` and ``repair`` also 3 and 4.

What does not belong here: anything that a page could want, too. A command reads its options, calls the rooms below and
prints. Only the command that is asked for is imported, and it imports heavy libraries when it runs, so that
``playground presets`` stays quick.

Start with ``commands``, the list of all commands, then ``rewards.check``, a short one.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from playground.cli.commands import parse_arguments
from playground.cli.language import locale_language, take_language
from playground.cli.printing import BAD_INPUT, FAILED, fail
from playground.words.errors import InvalidInput, error_words
from playground.words.say import say


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``playground``; by default those that the process was started with.

    Returns:
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese letters, or a path without UTF-8
    argv = list(sys.argv[1:] if argv is None else argv)
    arguments = argparse.Namespace(lang=locale_language(os.environ), json="--json" in argv)
    try:
        arguments.lang, argv = take_language(argv, arguments.lang)
        parse_arguments(argv, arguments)
        run: Callable[[argparse.Namespace], int] = arguments.run
        status = run(arguments)
        sys.stdout.flush()  # a reader that went away is noticed here, not at the interpreter's end
        return status
    except InvalidInput as error:
        problem = error  # the name of an except clause is gone after it
        return fail(arguments, error.code, lambda lang: error_words(problem, lang), BAD_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except FloatingPointError:
        return fail(arguments, "failed", lambda lang: say("cli.diverged", lang))
    except (RuntimeError, OSError) as error:
        reason = str(error)
        return fail(arguments, "failed", lambda lang: say("cli.failed", lang, reason=reason))
    except KeyboardInterrupt:
        return fail(arguments, "stopped", lambda lang: say("cli.stopped", lang))
