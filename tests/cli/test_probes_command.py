from command_line import run, run_json


def test_probes_are_listed_by_what_they_did(capsys):
    status, out, _ = run(capsys, "probes")
    assert status == 0
    assert "hovering" in out
    (land,) = (row for row in run_json(capsys, "probes")["probes"] if (row["probe"], row["seed"]) == ("land", 5000))
    assert land["behaviour"].endswith("landing")
