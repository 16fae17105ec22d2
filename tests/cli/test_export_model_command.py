import json

import pytest
from command_line import run, run_json


@pytest.mark.parametrize(("to", "suffix"), [("sb3", "zip"), ("card", "md")])
def test_a_model_is_exported_under_its_name_and_never_twice_over(capsys, key, home, tmp_path, monkeypatch, to, suffix):
    monkeypatch.chdir(tmp_path)
    value = run_json(capsys, "export-model", key[:8], "--to", to)
    assert value == {"key": key, "to": to, "file": f"{key[:8]}.{suffix}"}
    data = (tmp_path / value["file"]).read_bytes()
    assert data
    (tmp_path / value["file"]).write_bytes(b"mine")
    status, out, _ = run(capsys, "export-model", key[:8], "--to", to, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "file_taken")
    assert (tmp_path / value["file"]).read_bytes() == b"mine"
    status, out, err = run(capsys, "export-model", key[:8], "--to", to, "--out", "other")
    assert (status, err) == (0, "")
    assert (tmp_path / "other").read_bytes() == data
