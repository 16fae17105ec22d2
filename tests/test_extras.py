"""What the README's two commands give works without the extras, and what needs one says what to install."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import playground

ROOT = Path(playground.__file__).parent.parent
EXTRAS = {"tensorboard": "tensorboard", "figures": "vl_convert"}
"""The module that each extra brings."""
BLOCKED = "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in EXTRAS.values())


def run_without_extras(code, home):
    """Run code in a fresh interpreter in which the extras' modules cannot be imported."""
    program = f"import os\nos.environ['PLAYGROUND_HOME'] = {str(home)!r}\n{BLOCKED}{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_extras_are_declared_and_the_tests_install_them():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert set(EXTRAS) <= set(extras)
    assert any(line.startswith("reward-playground[figures,tensorboard]") for line in extras["test"])
    assert not [line for line in project["dependencies"] if line.startswith(("tensorboard", "vl-convert"))]


def test_the_first_page_and_the_comparison_open_without_extras(tmp_path):
    done = run_without_extras(
        f"""
from streamlit.testing.v1 import AppTest
page = AppTest.from_file({str(ROOT / "streamlit_app.py")!r}, default_timeout=60).run()
assert not page.exception and page.metric
page = AppTest.from_string("from playground.app.pages import compare; compare.draw()", default_timeout=60).run()
assert not page.exception and page.markdown
""",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_a_training_and_a_report_are_made_without_extras(tmp_path):
    """The model has no event file and the report no charts; the report says what to install for them."""
    out = tmp_path / "report.md"
    done = run_without_extras(
        f"""
from playground.cli import main
assert main(["train", "gymnasium", "--steps", "128", "--quiet", "--out", {str(tmp_path / "m")!r}]) == 0
assert main(["compare", "gymnasium", "article", "--out", {str(out)!r}]) == 0
""",
        tmp_path / "home",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "m" / "policy.safetensors").is_file()
    assert not list(tmp_path.glob("m/*tfevents*"))
    text = out.read_text(encoding="utf-8")
    assert "pip install 'reward-playground[figures]'" in text
    assert ".gif" in text
    assert ".svg" not in text


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["export-model", "gymnasium", "--to", "tensorboard", "--out"], "tensorboard"),
        (["race", "gymnasium", "--steps", "1000000", "--figure"], "figures"),
    ],
)
def test_a_command_that_needs_an_extra_names_it_before_any_work(arguments, extra, tmp_path):
    arguments = [*arguments, str(tmp_path / "out")]
    done = run_without_extras(f"from playground.cli import main\nsys.exit(main({arguments!r}))", tmp_path / "home")
    assert done.returncode == 2
    assert f"pip install 'reward-playground[{extra}]'" in done.stderr
    assert not list((tmp_path / "home").glob("jobs/*"))
    assert "Traceback" not in done.stderr


def test_a_chart_as_svg_names_its_extra(monkeypatch):
    from playground.studies.charts import to_svg
    from playground.words.errors import InvalidInput

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(InvalidInput, match=r"pip install 'reward-playground\[figures\]'"):
        to_svg(None)
