"""What a training writes into the notebook as it goes. What goes wrong with that stops no training.

Leaves out: the notebook itself (``notebook``).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from playground.lab.models.store import ModelStore
from playground.lab.notebook.diff import changes
from playground.lab.notebook.entry import training_entry
from playground.lab.notebook.intent import Intent
from playground.lab.notebook.notebook import Notebook
from playground.lab.queue.job_folder import JobFolder
from playground.training.spec import TrainSpec


class TrainingLog:
    """A training's entry in the notebook.

    Args:
        spec: what is trained.
        folder: its job's folder, where others may add to what is meant by it.
        store: whose home has the notebook.
        intent: what is meant by it, added to what the folder says.
        warn: gets the first thing that goes wrong, in words.

    Raises:
        InvalidInput: the home folder cannot be written to.
    """

    def __init__(
        self,
        spec: TrainSpec,
        folder: JobFolder,
        store: ModelStore,
        intent: Intent | None = None,
        warn: Callable[[str], None] = lambda words: None,
    ) -> None:
        self.spec, self.folder = spec, folder
        self.notebook = Notebook(store)
        self._warn: Callable[[str], None] | None = warn
        self._intent = folder.note(intent or Intent())
        self._intent = folder.note(self.intent())  # its parent may be deleted meanwhile, the change stays

    def intent(self) -> Intent:
        """What is meant by the training, with what somebody added meanwhile and with what was changed."""
        self._intent = self._intent.updated(self.folder.intent())
        if self._intent.parent and not self._intent.change:
            parent = self.notebook.spec_of(self._intent.parent)
            if parent is not None:
                self._intent = replace(self._intent, change=changes(parent, self.spec))
        return self._intent

    def write(self, state: str, result: Mapping[str, Any] | None = None) -> None:
        """Record the training as it is now."""
        try:
            self.notebook.record(training_entry(self.spec, self.intent(), state, result))
        except Exception as error:  # whatever it is, the training matters more
            if self._warn is not None:
                self._warn(str(error))
            self._warn = None
