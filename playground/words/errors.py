"""The one kind of error that bad input raises, with a code by which every language words it.

The texts are ``error.<code>`` in the languages' files. ``str(error)`` is English, for programs and logs; a page or a
command words the same error in its own language by `error_words`.
"""

from playground.words.say import FALLBACK, say


class InvalidInput(ValueError):
    """Input that cannot be used; the message says what to do.

    Args:
        code: the text is ``error.<code>``.
        **params: what the text names; kept on the error for translation. One may be the error that led to this one.

    >>> str(InvalidInput("not_finite", field="w_legs", value="nan"))
    'w_legs must be finite, got nan'
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = {n: v if isinstance(v, InvalidInput) else shorten(v) for n, v in params.items()}

    def __str__(self) -> str:
        return error_words(self, FALLBACK)


def error_words(error: InvalidInput, lang: str) -> str:
    """What was wrong, in a language."""
    params = {n: error_words(v, lang) if isinstance(v, InvalidInput) else v for n, v in error.params.items()}
    return say(f"error.{error.code}", lang, **params)


def shorten(value: object, limit: int = 120) -> str:
    """Text of ``value``, cut so that a hostile file cannot fill the screen.

    >>> shorten("x" * 500, limit=5)
    'xxxxx…'
    """
    try:
        text = value if isinstance(value, str) else repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a number of thousands of digits
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= limit else text[:limit] + "…"
