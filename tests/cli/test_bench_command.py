import json

from command_line import run


def test_bench_prints_and_writes_its_results(capsys, tmp_path, monkeypatch):
    asked = []

    def measure(full, say, only):
        asked.append((full, only))
        say("measuring")
        return {"steps_per_second": 5.0}

    monkeypatch.setattr("playground.bench.run_bench", measure, raising=False)
    monkeypatch.setattr("playground.bench.to_markdown", lambda results: f"| {results} |", raising=False)
    status, out, err = run(capsys, "bench", "--json", "--full", "--out", tmp_path / "bench.json")
    assert (status, asked) == (0, [(True, None)])
    assert json.loads(out) == json.loads((tmp_path / "bench.json").read_text()) == {"steps_per_second": 5.0}
    assert "measuring" in err
    assert run(capsys, "bench", "--only", "steps")[1].startswith("| {")
    assert asked == [(True, None), (False, "steps")]
    status, out, err = run(capsys, "bench", "--only", "everything")
    assert status == 2
    assert "landing" in err
    assert len(asked) == 2
