"""A model as one file for other tools: Stable-Baselines3's zip, a model card, or TensorBoard's event file.

Leaves out: reading such files (``sb3_zip``). Nothing is unpickled here; the zip is carried as it is.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from playground.lab.files import explain_os_errors
from playground.lab.models.card import write_card
from playground.lab.models.model import SHORT, Model
from playground.words.errors import InvalidInput
from playground.words.say import FALLBACK


def _zip(model: Model, lang: str) -> bytes:
    return model.read("model.zip")


def _card(model: Model, lang: str) -> bytes:
    return write_card(model, lang).encode()


def _events(model: Model, lang: str) -> bytes:
    from playground.lab.models.tensorboard_export import available, event_file  # loads torch

    if not available():
        raise InvalidInput("not_installed", package="tensorboard", extra="tensorboard")
    if not model.curve:
        raise InvalidInput("no_curve", value=model.slug or model.key[:SHORT])
    return event_file(model.curve)


FORMATS: Final[Mapping[str, tuple[str, Callable[[Model, str], bytes]]]] = {
    "sb3": (".zip", _zip),
    "card": (".md", _card),
    "tensorboard": (".tfevents", _events),
}
"""A suffix and what makes the bytes, by the name of the format."""


def export_model(model: Model, to: str, out: Path | None = None, lang: str = FALLBACK) -> Path:
    """Write a model for another tool; the file's path.

    Args:
        model: a whole one.
        to: a key of ``FORMATS``.
        out: the file to make; by default the model's name in the current folder.
        lang: of a card.

    Raises:
        InvalidInput: the model is damaged, has no curve, or the file already exists or cannot be written.
    """
    suffix, make = FORMATS[to]
    path = out or Path(f"{model.slug or model.key[:SHORT]}{suffix}")
    data = make(model, lang)
    with explain_os_errors(path.parent):
        try:
            file = path.open("xb")
        except FileExistsError:
            raise InvalidInput("file_taken", file=str(path)) from None
        try:
            with file:
                file.write(data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path
