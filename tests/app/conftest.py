"""What the tests of several pages share: the app opened at an address, and a second model of a shipped one's kind."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from playground.lab.models.model import Model
from playground.lab.models.store import ModelStore, write_model
from playground.training.spec import dump_spec

SCRIPT = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def start() -> Callable[..., AppTest]:
    """Opens the app in English with these parameters in its address."""

    def open_app(**query: str) -> AppTest:
        app = AppTest.from_file(str(SCRIPT), default_timeout=60)
        app.query_params["lang"] = "en"
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_app


@pytest.fixture
def shown() -> Callable[..., dict]:
    """What a component of the page is given, by default the player."""

    def data_of(app: AppTest, component: str = "reward_player") -> dict:
        (element,) = [e for e in app.get("bidi_component") if e.proto.component_name == component]
        return json.loads(element.proto.bytes or element.proto.json)

    return data_of


@pytest.fixture
def sibling() -> Callable[..., Model]:
    """Makes a model like a shipped one under another spec, as if another training had made the same."""

    def copy_of(slug: str, home: Path, **changes: object) -> Model:
        model = ModelStore().resolve(slug)
        spec = replace(model.spec, **changes)
        names = ("policy.safetensors", "scorecard.json", "curve.csv", "model.zip")
        files = {name: (model.folder / name).read_bytes() for name in names} | {"spec.json": dump_spec(spec)}
        manifest = {name: model.manifest[name] for name in ("steps", "seconds", "summary", "created", "versions")}
        return write_model(home / spec.key, spec.key, files, manifest)

    return copy_of
