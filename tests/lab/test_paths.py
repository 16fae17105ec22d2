import errno
import threading
from pathlib import Path

import pytest

from playground.lab import paths as home
from playground.lab.files import explain_os_errors, read_json, write_atomically
from playground.lab.paths import home_folder, shipped_folder
from playground.words.errors import InvalidInput


def test_the_home_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "elsewhere"))
    assert home_folder() == tmp_path / "elsewhere"
    assert not home_folder().exists()


def test_a_tilde_in_the_home_is_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLAYGROUND_HOME", "~/landers")
    assert home_folder() == tmp_path / "landers"


@pytest.mark.parametrize("value", [None, ""])
def test_in_a_checkout_the_home_is_its_cache(monkeypatch, tmp_path, value):
    monkeypatch.delenv("PLAYGROUND_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("PLAYGROUND_HOME", value)
    monkeypatch.setattr(home, "CHECKOUT", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    assert home_folder() == tmp_path / "models" / "cache"


def test_without_a_checkout_the_home_is_in_the_users_data(monkeypatch, tmp_path):
    monkeypatch.delenv("PLAYGROUND_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(home, "CHECKOUT", tmp_path)
    assert home_folder().name == "reward-playground"
    assert tmp_path in home_folder().parents


def test_shipped_models_inside_the_package_win_over_a_checkout(monkeypatch, tmp_path):
    monkeypatch.setattr(home, "PACKAGE", tmp_path / "playground")
    monkeypatch.setattr(home, "CHECKOUT", tmp_path)
    assert shipped_folder() == tmp_path / "models" / "presets"
    (tmp_path / "playground" / "_shipped" / "presets").mkdir(parents=True)
    assert shipped_folder() == tmp_path / "playground" / "_shipped" / "presets"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(errno.EPERM, "no"), "no_permission"),
        (OSError(errno.EACCES, "no"), "no_permission"),
        (OSError(errno.EROFS, "read-only"), "no_permission"),
        (OSError(errno.ENOSPC, "full"), "disk_full"),
        (OSError(errno.EDQUOT, "quota"), "disk_full"),
        (OSError(errno.EIO, "input/output error"), "cannot_write"),
        (FileNotFoundError(errno.ENOENT, "no such folder"), "cannot_write"),
        (OSError("without a number"), "cannot_write"),
    ],
)
def test_a_failed_write_is_told_in_words_with_the_folder(error, code):
    with pytest.raises(InvalidInput) as caught, explain_os_errors(Path("/some/folder")):
        raise error
    assert caught.value.code == code
    assert "/some/folder" in str(caught.value)


def test_other_errors_pass_through_unchanged():
    with pytest.raises(KeyError), explain_os_errors(Path("/some/folder")):
        raise KeyError("x")


def test_a_write_makes_the_folder_and_replaces_the_file(tmp_path):
    path = tmp_path / "a" / "b" / "status.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["status.json"]


def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "status.json"
    write_atomically(path, b"old")

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InvalidInput) as caught:
        write_atomically(path, b"new")
    assert caught.value.code == "disk_full"
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "status.json"
    contents = [letter * 200_000 for letter in (b"a", b"b")]
    write_atomically(path, contents[0])
    done = threading.Event()
    seen = set()

    def read():
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(200):
        write_atomically(path, contents[turn % 2])
    done.set()
    reader.join()
    assert seen <= set(contents)
    assert seen


def test_two_writers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "status.json"
    contents = [bytes([65 + i]) * 50_000 for i in range(6)]
    threads = [threading.Thread(target=write_atomically, args=(path, data)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000, b'{"a": 1}x']
)
def test_json_that_is_not_a_whole_object_reads_as_none(tmp_path, data):
    path = tmp_path / "status.json"
    path.write_bytes(data)
    assert read_json(path) is None


def test_a_missing_file_and_a_folder_read_as_none(tmp_path):
    assert read_json(tmp_path / "nothing.json") is None
    assert read_json(tmp_path) is None


def test_a_json_object_is_read(tmp_path):
    (tmp_path / "a.json").write_text('{"state": "queued"}')
    assert read_json(tmp_path / "a.json") == {"state": "queued"}
