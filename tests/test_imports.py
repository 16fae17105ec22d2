import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import playground

PACKAGE = Path(playground.__file__).parent
APP = PACKAGE.parent / "streamlit_app.py"
HEAVY = {"torch", "stable_baselines3", "streamlit", "gymnasium", "numpy", "pandas", "scipy", "matplotlib"}


def loaded_by(code):
    """Top names in sys.modules after this code ran in a fresh interpreter."""
    ending = "\nimport json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + ending], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def modules_in(room):
    folder = PACKAGE / room
    return [f"playground.{room}", *(m.name for m in pkgutil.walk_packages([str(folder)], f"playground.{room}."))]


def app_imports():
    """The import statements of the app's entry point, without what it then draws."""
    nodes = ast.parse(APP.read_text()).body
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def test_the_check_itself_sees_a_heavy_import():
    assert "gymnasium" in loaded_by("import gymnasium")


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("import playground") & HEAVY


def test_the_two_public_names_load_no_learner_and_no_page():
    loaded = loaded_by("from playground import RewardConfig, RewardShapingWrapper")
    assert "gymnasium" in loaded
    assert not loaded & {"torch", "stable_baselines3", "streamlit", "pandas", "scipy"}


def test_the_reward_config_alone_needs_numpy_alone():
    loaded = loaded_by("from playground import RewardConfig; RewardConfig(w_legs=1)")
    assert "numpy" in loaded
    assert not loaded & (HEAVY - {"numpy"})


def test_the_lower_rooms_load_no_learner_and_no_page():
    names = [name for room in ("words", "reward", "flight", "worlds", "insight") for name in modules_in(room)]
    assert "playground.insight.breakdown" in names
    loaded = loaded_by("\n".join(f"import {name}" for name in names))
    assert not loaded & {"torch", "stable_baselines3", "streamlit"}


def test_no_page_loads_a_learner():
    names = modules_in("app")
    assert "playground.app.session" in names
    code = "\n".join([app_imports(), *(f"import {name}" for name in names)])
    loaded = loaded_by(code)
    assert "streamlit" in loaded
    assert not loaded & {"torch", "stable_baselines3"}


def test_what_pages_read_of_trainings_loads_no_learner():
    code = "import playground.training.spec, playground.lab.models.store\n"
    code += "import playground.lab.queue.local, playground.lab.queue.batch\n"
    code += "import playground.lab.notebook.notebook"
    assert not loaded_by(code) & {"torch", "stable_baselines3", "streamlit"}


def loaded_by_command(arguments, home):
    return loaded_by(f"""
import contextlib, io, os
os.environ["PLAYGROUND_HOME"] = {str(home)!r}
from playground.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    assert main({arguments!r}) == 0
""")


@pytest.mark.parametrize("arguments", [["models"], ["notebook", "list"], ["--version"]])
def test_a_command_without_a_training_loads_no_learner(arguments, tmp_path):
    assert not loaded_by_command(arguments, tmp_path) & {"torch", "stable_baselines3", "streamlit"}


def test_a_comparison_loads_no_page(tmp_path):
    assert "streamlit" not in loaded_by_command(["compare", "gymnasium", "article"], tmp_path)


def test_words_load_no_other_room_and_no_library():
    code = "\n".join(f"import {name}" for name in modules_in("words"))
    code += "\nimport sys; assert not [n for n in sys.modules if n.startswith('playground.') and n[11:16] != 'words']"
    assert not loaded_by(code) & HEAVY


def test_a_command_about_rewards_loads_no_simulator(tmp_path):
    assert "gymnasium" not in loaded_by_command(["presets"], tmp_path)


def test_the_public_names_are_the_rooms_own():
    from playground.flight.wrapper import RewardShapingWrapper
    from playground.worlds.lunar_lander.terms import RewardConfig

    assert playground.RewardConfig is RewardConfig
    assert playground.RewardShapingWrapper is RewardShapingWrapper
    assert set(playground.__all__) == {
        "OwnTerm",
        "RewardConfig",
        "RewardShapingWrapper",
        "__version__",
        "assert_reward_sound",
        "find_world",
    }


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Nothing"):
        _ = playground.Nothing


def test_a_first_page_loads_no_library_that_it_does_not_draw_with():
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        f"page = AppTest.from_file({str(APP)!r}, default_timeout=60).run()\n"
        "assert not page.exception and page.metric\n"
    )
    loaded = loaded_by(code)
    assert "gymnasium" in loaded
    assert not loaded & {"torch", "stable_baselines3", "pandas", "pyarrow", "scipy", "altair", "vl_convert", "PIL"}
