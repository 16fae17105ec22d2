"""The one kind of error that bad input raises, with a code that a page can translate.

Leaves out: how an error is shown. The command line prints ``str(error)``; the app looks
``error.<code>`` up in its own language and fills in the same parameters.
"""

MESSAGES: dict[str, str] = {
    "not_a_number": "{field} must be a number, got {value}",
    "not_finite": "{field} must be finite, got {value}",
    "too_large": "{field} must lie between -{limit} and {limit}, got {value}",
    "out_of_range": "{field} must lie between {low} and {high}, got {value}",
    "not_between": "{field} must lie above {low} and below {high}, got {value}",
    "not_an_integer": "{field} must be a whole number, got {value}",
    "not_a_bool": "{field} must be true or false, got {value}",
    "not_a_choice": "{field} must be one of {choices}, got {value}",
    "not_a_key": "{field} must be a model's whole key, 64 hexadecimal digits, got {value}",
    "other_network": "{value} has another network than this training; choose the same hidden layers and activation",
    "unknown_setting": "{field} is not a setting of the algorithm {algorithm}; it has: {choices}",
    "not_a_setting": "{value} is not a setting; write name=value, for instance learning_rate=0.001",
    "no_start": "{algorithm} cannot start from a trained model here; leave the model out or choose another algorithm",
    "needs_start": "{algorithm} goes on from a trained policy; name a model to start from",
    "no_budget": "a race needs a budget; give --seconds or --steps",
    "all_ties": "none of the {count} pairs of episodes prefers one to the other, so nothing can be learned from them; "
    "choose another judge or a policy that flies in more than one way",
    "nothing_sure": "the {count} pairs of episodes leave every weight of the reward open; ask for more pairs, or lower "
    "sure from {sure}",
    "used_up": "the {count} pairs of episodes took {steps} steps, which is the whole budget; raise the budget or ask "
    "for fewer pairs",
    "not_a_policy": "{value} values actions instead of choosing them, so {algorithm} cannot go on from it; name "
    "another model to start from",
    "other_hidden": "{value} has other hidden layers than the setting hidden; leave the setting out to use the model's",
    "unknown_field": "{field} is not a field of this file; remove it or check its spelling",
    "duplicate_field": "{field} stands in the file twice; keep one of them",
    "missing_schema": 'the file has no "schema"; add "schema": 1 if it is a reward of this playground',
    "newer_schema": "the file has schema {value}, but this version reads up to schema {known}; update the playground",
    "not_json": "this is not a JSON file: {reason}",
    "not_an_object": "the file must hold one JSON object in braces, got {value}",
    "too_big": "the file has {size} bytes, but at most {limit} are read",
    "unknown_preset": "there is no preset or file called {value}; presets: {choices}",
    "unknown_model": "there is no model called {value}; see `playground models`",
    "unknown_design": "there is no model, preset or reward file called {value}; see `playground models` and `presets`",
    "no_seed_left": "no seed of {name} could be trained and flown, so nothing can be said: {reason}",
    "ambiguous_model": "{value} fits several models; give more letters of the key",
    "model_incomplete": "the model in {folder} is not whole: {reason}; delete it and train again",
    "model_damaged": "the model in {folder} is damaged: {file} does not match its checksum; delete it and train again",
    "other_environment": "this model is for {value}; the playground flies {known} only",
    "bad_zip": "{file} is not a Stable-Baselines3 model that fits this network: {reason}",
    "no_permission": "cannot write to {folder}: no permission; choose another folder with PLAYGROUND_HOME",
    "disk_full": "the disk that holds {folder} is full; free some space and try again",
    "cannot_write": "cannot write to {folder}: {reason}",
    "folder_taken": "{folder} holds something else already; choose a folder that is not there yet, or empty it",
    "file_taken": "{file} is there already; choose another name",
    "not_installed": "{package} is not installed; run `pip install {package}`",
    "no_curve": "{value} was not trained here, so it has no learning curve",
    "other_version": "the job in {folder} was asked for by another version; discard it and train again",
    "cannot_read": "cannot read {file}: {reason}",
    "shipped_model": "{value} is a shipped model and cannot be deleted",
    "other_starts": "these models were scored on other starts; evaluate them on the same seeds first",
    "unknown_report": "cannot write a report to {file}; the name must end in .html or .md",
    "too_few_models": "a comparison needs two to {limit} models, got {count}",
    "not_text": "{field} must be text, got {value}",
    "too_long": "{field} may have at most {limit} characters, this one has {size}",
    "control_character": "{field} may not contain the control character {value}; write plain text",
    "not_plain": "{field} must hold finite numbers, texts and lists only",
    "not_a_time": "{field} must be a time in UTC like 2026-01-31T12:00:00+00:00, got {value}",
    "not_an_entry_key": "an entry's key must have 1 to 64 digits, small letters and hyphens, got {value}",
    "unknown_entry": "there is no notebook entry {value}; see `playground notebook list --all`",
    "ambiguous_entry": "{value} fits several notebook entries; give more letters of the key",
    "notebook_locked": "the notebook {file} is in use by another program; wait until it is done and try again",
    "notebook_damaged": "the notebook {file} is damaged: {reason}; `playground notebook rebuild` makes a new one "
    "from the models and keeps this file",
    "notebook_newer": "the notebook {file} has version {value}, but this version reads up to {known}; update "
    "the playground",
    "notebook_denied": "the notebook {file} cannot be opened or written to: {reason}; check the permissions, or choose "
    "another folder with PLAYGROUND_HOME",
    "unknown_recording": "cannot record to {file}; the name must end in .gif, .mp4 or .png",
}
"""English wording by code. ``{names}`` are the parameters of the error."""


class InvalidInput(ValueError):
    """Input that cannot be used, told in words that say what to do.

    Args:
        code: a key of ``MESSAGES``.
        **params: what the message names; kept on the error for translation.

    >>> str(InvalidInput("not_finite", field="w_legs", value="nan"))
    'w_legs must be finite, got nan'
    """

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {name: shorten(value) for name, value in params.items()}
        super().__init__(MESSAGES[code].format(**self.params))


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
