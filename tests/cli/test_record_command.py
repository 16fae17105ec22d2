import pytest
from command_line import run, run_json
from PIL import Image

SEED = 1002


@pytest.mark.parametrize(
    ("name", "magic"), [("a.gif", b"GIF89a"), ("a.mp4", b"ftyp"), ("a.png", b"\x89PNG"), ("B.PNG", b"\x89PNG")]
)
def test_a_recording_has_the_format_of_its_name(capsys, key, tmp_path, name, magic):
    status, out, err = run(capsys, "record", key, tmp_path / name, "--seed", SEED)
    assert (status, err) == (0, "")
    assert magic in (tmp_path / name).read_bytes()[:16]
    assert f"seed {SEED}" in out


def test_a_gif_shows_the_whole_episode(capsys, key, tmp_path):
    steps = run_json(capsys, "breakdown", key, "--seed", SEED)["steps"]
    run(capsys, "record", key, tmp_path / "a.gif", "--seed", SEED)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (600, 400)
        assert gif.n_frames >= steps // 2


def test_a_png_shows_the_asked_step(capsys, key, tmp_path):
    for step in ("0", "20"):
        assert run(capsys, "record", key, tmp_path / f"{step}.png", "--step", step)[0] == 0
    assert run(capsys, "record", key, tmp_path / "last.png")[0] == 0
    pictures = {(tmp_path / f"{name}.png").read_bytes() for name in ("0", "20", "last")}
    assert len(pictures) == 3
