import multiprocessing
import os
import sqlite3
import tempfile
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from playground.lab.notebook.database import Database
from playground.words.errors import InvalidInput

FIRST = ("CREATE TABLE things (name TEXT NOT NULL)",)
SECOND = ("ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7", "CREATE INDEX by_size ON things (size)")
NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "things.sqlite3"


@pytest.fixture
def database(path):
    return Database(path, [FIRST], patience=0.3)


def put(name):
    return lambda connection: connection.execute("INSERT INTO things (name) VALUES (?)", (name,)).rowcount


def names(connection):
    return [row["name"] for row in connection.execute("SELECT name FROM things ORDER BY rowid")]


def refusal(call, *arguments):
    with pytest.raises(InvalidInput) as caught:
        call(*arguments)
    assert str(caught.value.params.get("file", "")) in str(caught.value)
    return caught.value.code


def version_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_reading_makes_no_file(database, path):
    assert database.read(names, ["empty"]) == ["empty"]
    database.check()
    assert not path.exists()


def test_what_was_written_is_read_by_another(database, path):
    database.write(put("one"))
    assert Database(path, [FIRST]).read(names, []) == ["one"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no log is left


def test_a_write_that_fails_changes_nothing(database):
    def half(connection):
        put("one")(connection)
        raise KeyError("half")

    with pytest.raises(KeyError):
        database.write(half)
    assert database.read(names, []) == []


@pytest.mark.parametrize("name", ["a b", "a?b#c%20", "腿", "a'b"])
def test_a_folder_may_have_any_name(tmp_path, name):
    database = Database(tmp_path / name / "x.sqlite3", [FIRST])
    database.write(put("one"))
    assert database.read(names, []) == ["one"]
    assert [p.name for p in (tmp_path / name).iterdir()] == ["x.sqlite3"]


# versions


def test_an_older_file_is_brought_up_to_date_with_what_is_in_it(database, path):
    database.write(put("old"))
    newer = Database(path, [FIRST, SECOND])
    assert newer.read(lambda connection: [tuple(row) for row in connection.execute("SELECT * FROM things")], []) == [
        ("old", 7)
    ]
    assert version_of(path) == 2


def test_an_empty_file_is_version_0_and_gets_every_migration(path):
    path.touch()
    database = Database(path, [FIRST, SECOND])
    assert database.read(names, ["none"]) == []
    assert version_of(path) == 2


def test_a_migration_that_fails_leaves_the_older_file(database, path):
    database.write(put("old"))
    broken = Database(path, [FIRST, (*SECOND, "CREATE NONSENSE")])
    assert refusal(broken.read, names, []) == "notebook_damaged"
    assert version_of(path) == 1
    assert database.read(names, []) == ["old"]


def test_a_file_of_a_newer_version_is_left_alone(database, path):
    newer = Database(path, [FIRST, SECOND])
    newer.write(put("new"))
    before = path.read_bytes()
    for call in (lambda: database.read(names, []), lambda: database.write(put("x")), database.check):
        assert refusal(call) == "notebook_newer"
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_many_who_begin_a_file_at_once_migrate_it_once(path):
    problems = []
    barrier = threading.Barrier(8)

    def begin(name):
        barrier.wait()
        try:
            Database(path, [FIRST, SECOND]).write(put(name))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=begin, args=(str(i),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []
    assert len(Database(path, [FIRST, SECOND]).read(names, [])) == 8


# damage


def damage(data):
    return {
        "garbage": b"garbage" * 999,
        "half": data[: len(data) // 2],
        "header": data[:60],
        "first page": data[:100] + bytes(3996) + data[4096:],
        "last page": data[:-4096] + b"\xff" * 4096,
    }


@pytest.mark.parametrize("how", damage(b""))
def test_a_damaged_file_is_told_and_not_touched(database, path, how):
    database.write(lambda connection: [put("n" * 500)(connection) for _ in range(100)])
    path.write_bytes(data := damage(path.read_bytes())[how])
    assert refusal(database.read, names, []) == "notebook_damaged"
    assert refusal(database.check) == "notebook_damaged"
    assert path.read_bytes() == data


def test_a_file_of_another_program_is_damaged_in_our_eyes(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE other (x); PRAGMA user_version = 1")
    database = Database(path, [FIRST])
    assert refusal(database.read, names, []) == "notebook_damaged"
    assert refusal(database.write, put("x")) == "notebook_damaged"


def test_a_file_moved_aside_keeps_its_bytes_and_its_log(database, path):
    with closing(sqlite3.connect(path)) as reader:
        database.write(put("one"))
        assert database.read(names, []) == ["one"]
        reader.execute("SELECT * FROM things").fetchone()  # while it is open, the log stays
        database.write(put("two"))
        before = {p.name.removeprefix(path.name): p.read_bytes() for p in path.parent.iterdir()}
        aside = database.move_aside()
    assert not path.exists()
    assert {"", "-wal"} <= before.keys()
    assert Database(aside, [FIRST]).read(names, []) == ["one", "two"]
    database.write(put("three"))
    assert database.read(names, []) == ["three"]
    assert aside.name.startswith("things.damaged-")


# locks


@contextmanager
def held(path, statement):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE" if statement == "BEGIN EXCLUSIVE" else "SELECT 1")
        connection.execute(statement)
        yield connection


def test_readers_go_on_while_somebody_writes(database, path):
    database.write(put("one"))
    with held(path, "BEGIN IMMEDIATE"):
        assert database.read(names, []) == ["one"]
        assert refusal(database.write, put("two")) == "notebook_locked"
    database.write(put("two"))
    assert database.read(names, []) == ["one", "two"]


def test_a_file_that_another_program_keeps_for_itself_is_told(database, path):
    database.write(put("one"))
    with held(path, "BEGIN EXCLUSIVE"):
        assert refusal(database.read, names, []) == "notebook_locked"
        assert refusal(database.write, put("two")) == "notebook_locked"
    assert database.read(names, []) == ["one"]


def test_a_lock_that_is_given_back_in_time_is_waited_for(path):
    database = Database(path, [FIRST])
    database.write(put("one"))
    with held(path, "BEGIN IMMEDIATE") as connection:
        waiting = threading.Thread(target=database.write, args=(put("two"),))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        connection.execute("ROLLBACK")
        waiting.join(10)
    assert database.read(names, []) == ["one", "two"]


def write_many(path, name, count):
    database = Database(path, [FIRST])
    for i in range(count):
        database.write(put(f"{name}{i}"))


def write_from_processes(path, count, processes=2):
    """Exit codes of processes that write so many names each, and the names."""
    spawn = multiprocessing.get_context("spawn")
    started = [spawn.Process(target=write_many, args=(path, f"{letter}-", count)) for letter in "abcd"[:processes]]
    for process in started:
        process.start()
    for process in started:
        process.join(300)
    return [process.exitcode for process in started], Database(path, [FIRST]).read(names, [])


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_two_processes_that_write_at_once_lose_nothing(path, count):
    codes, found = write_from_processes(path, count)
    assert codes == [0, 0]
    assert sorted(found) == sorted(f"{letter}-{i}" for letter in "ab" for i in range(count))


# rights


@contextmanager
def as_nobody():
    """Without the rights of root, who may write anywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def public():
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_file_that_may_only_be_read_is_read(public, what):
    path = public / "things.sqlite3"
    database = Database(path, [FIRST], patience=0.3)
    database.write(put("one"))
    before = path.read_bytes()
    path.chmod(0o444)
    public.chmod(0o555 if what == "folder" else 0o777)
    with as_nobody():
        assert database.read(names, []) == ["one"]
        database.check()
        assert refusal(database.write, put("two")) == "notebook_denied"
        older = Database(path, [FIRST, SECOND], patience=0.3)
        assert refusal(older.read, names, []) == "notebook_denied"  # it would have to be brought up to date
        if what == "folder":
            assert refusal(database.move_aside) == "no_permission"
    assert path.read_bytes() == before


def test_a_folder_that_may_not_be_entered_is_told(public):
    database = Database(public / "home" / "things.sqlite3", [FIRST])
    database.write(put("one"))
    (public / "home").chmod(0)
    with as_nobody():
        assert refusal(database.read, names, []) == "no_permission"
    (public / "home").chmod(0o755)


def test_a_folder_in_the_files_place_is_told(database, path):
    path.mkdir()
    assert refusal(database.read, names, []) == "notebook_denied"
    assert refusal(database.write, put("x")) == "notebook_denied"


def test_a_file_in_the_folders_place_is_told(tmp_path):
    (tmp_path / "home").write_text("a file")
    database = Database(tmp_path / "home" / "things.sqlite3", [FIRST])
    assert database.read(names, ["none"]) == ["none"]
    assert refusal(database.write, put("x")) == "cannot_write"


def test_a_full_disk_is_told(database, path):
    database.write(put("one"))

    def fill(connection):
        connection.execute("PRAGMA max_page_count = 4")
        put("x" * 100_000)(connection)

    assert refusal(database.write, fill) == "disk_full"
    assert database.read(names, []) == ["one"]
