"""The bulk job: each image once, the same bytes after any stop, nothing lost by an error."""

import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from inkling.errors import InklingError, RunError
from inkling.reading.pipeline import Reader
from inkling.scale.bulk import Progress, Summary, local_engine, read_bulk
from inkling.scale.processes import answer_here
from inkling.scale.sources import open_sources
from inkling.types import Reading
from tests.scale.conftest import write_tar


def bulk(sources: Sequence[Path], out: Path, **options: object) -> Summary:
    return read_bulk(open_sources([str(one) for one in sources], sys.stdin.buffer), out, **options)  # type: ignore[arg-type]


def command(sources: Sequence[Path], out: Path, *options: str) -> list[str]:
    names = [str(one) for one in sources]
    return [sys.executable, "-m", "inkling", "read", *names, "--out", str(out), *options]


@pytest.fixture(scope="module")
def whole(shards: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The answers to all shards, from a run that nobody stopped."""
    out = tmp_path_factory.mktemp("whole") / "answers.csv"
    summary = bulk(shards, out, engine=local_engine(2))
    assert (summary.images, summary.failed, summary.resumed) == (300, 0, 0)
    names = [out.name, f"{out.name}.manifest.json"]
    assert sorted(path.name for path in out.parent.iterdir()) == names
    return out


def rows_of(out: Path) -> list[dict[str, object]]:
    if out.suffix == ".csv":
        with out.open(newline="") as file:
            rows: list[dict[str, object]] = list(csv.DictReader(file))  # type: ignore[arg-type]
        return [
            {key: None if value == "" else value for key, value in row.items()}
            | {
                "digits": json.loads(str(row["digits"])) if row["digits"] else None,
                "confidence": float(str(row["confidence"])) if row["confidence"] else None,
            }
            for row in rows
        ]
    if out.suffix == ".jsonl":
        return [json.loads(line) for line in out.read_text().splitlines()]
    rows = pq.read_table(out).to_pylist()
    return [row | {"digits": json.loads(row["digits"]) if row["digits"] else None} for row in rows]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_each_image_has_the_answer_of_plain_reading(
    suffix: str, shards: list[Path], thumbnails: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / f"answers.{suffix}"
    bulk(shards, out, engine=answer_here)
    rows = rows_of(out)
    names = [f"{path}/{20 * k + i:06d}.png" for k, path in enumerate(shards) for i in range(20)]
    assert [row["image"] for row in rows] == names
    answers = Reader.load().read(thumbnails)
    for row, answer in zip(rows, answers, strict=True):
        assert isinstance(answer, Reading)
        assert (row["verdict"], row["text"] or "") == (answer.verdict, answer.text)
        assert row["digits"] == answer.as_json()["digits"]
        if answer.verdict == "digits":
            assert row["confidence"] == min(round(d.confidence, 6) for d in answer.digits)
        assert row["error"] is None


def test_a_finished_file_is_not_made_again(whole: Path, shards: list[Path]) -> None:
    before = whole.stat().st_mtime_ns
    summary = bulk(shards, whole)
    assert (summary.images, summary.resumed) == (300, 300)
    assert whole.stat().st_mtime_ns == before
    with pytest.raises(RunError, match="other images"):
        bulk(shards[:3], whole)
    with pytest.raises(RunError, match="--expect-one"):
        bulk(shards, whole, expect_one=True)
    assert whole.stat().st_mtime_ns == before


def kill_until_it_ends(sources: Sequence[Path], out: Path, moments: Sequence[float]) -> int:
    """Runs the command again and again, kills it with -9 at each moment; how many hit."""
    hits = 0
    for moment in moments:
        with subprocess.Popen(
            command(sources, out, "--workers", "2"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
                hits += 1
    subprocess.run(command(sources, out), check=True, capture_output=True)
    return hits


def progress_of(out: Path) -> int:
    lines = out.with_name(f"{out.name}.parts") / "parts.jsonl"
    return len(lines.read_text().splitlines()) if lines.exists() else 0


def test_a_killed_run_leaves_no_process_and_goes_on_to_the_same_end(
    whole: Path, shards: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / whole.name
    with subprocess.Popen(command(shards, out, "--workers", "2")) as process:
        while progress_of(out) < 3:
            assert process.poll() is None
            time.sleep(0.01)
        children = children_of(process.pid)
        process.kill()
    assert children
    assert not out.exists()
    end = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < end
        time.sleep(0.05)
    done = progress_of(out)
    assert 3 <= done < 15
    assert bulk(shards, out, engine=answer_here).resumed == 20 * done
    assert out.read_bytes() == whole.read_bytes()
    names = [out.name, f"{out.name}.manifest.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def children_of(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children]


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_the_same(
    whole: Path, shards: list[Path], tmp_path: Path
) -> None:
    luck = random.Random(18)
    start = time.monotonic()
    subprocess.run(
        command(shards, tmp_path / f"once{whole.suffix}"), check=True, capture_output=True
    )
    seconds = time.monotonic() - start
    out = tmp_path / whole.name
    kill_until_it_ends(shards, out, [luck.uniform(0.1, 0.9) * seconds for _ in range(20)])
    assert out.read_bytes() == whole.read_bytes()


def test_half_a_line_of_the_record_is_no_part(
    shards: list[Path], tmp_path: Path, whole: Path
) -> None:
    out = tmp_path / whole.name

    def stopped(progress: Progress) -> None:
        if progress.images >= 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(shards, out, engine=answer_here, report=stopped)
    lines = out.with_name(f"{out.name}.parts") / "parts.jsonl"
    content = lines.read_bytes()
    lines.write_bytes(content[:-7])  # the last line is cut off, as by the end of the power
    again = bulk(shards, out, engine=answer_here)
    assert again.resumed == 40
    assert out.read_bytes() == whole.read_bytes()


def test_an_unreadable_image_is_a_row_with_its_error(
    tmp_path: Path, thumbnails: list[bytes]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(thumbnails[0])
    (folder / "b.png").write_bytes(b"not an image")
    (folder / "c.png").write_bytes(b"")
    out = tmp_path / "o.csv"
    summary = bulk([folder, tmp_path / "missing.png"], out)
    assert (summary.images, summary.failed) == (4, 3)
    rows = rows_of(out)
    assert [row["error"] is None for row in rows] == [True, False, False, False]
    assert "there is no file" in str(rows[3]["error"])
    assert not summary.all_failed


def test_a_bug_in_the_reader_costs_one_row(
    tmp_path: Path, thumbnails: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inkling.scale import answering

    bad = thumbnails[7]

    class Fragile(Reader):
        def read(self, sources, **options):  # type: ignore[no-untyped-def, override]
            if any(source == bad for source in sources):
                raise IndexError("of a rare image")
            return super().read(sources, **options)

    monkeypatch.setattr(answering, "Reader", Fragile)
    tar = write_tar(tmp_path / "t.tar", thumbnails[:20])
    summary = bulk([tar], tmp_path / "o.jsonl")
    assert (summary.images, summary.failed) == (20, 1)
    assert "IndexError: of a rare image" in str(rows_of(tmp_path / "o.jsonl")[7]["error"])


def test_a_folder_that_changes_keeps_its_answers_and_says_so(
    tmp_path: Path, thumbnails: list[bytes]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(thumbnails[number])
    out = tmp_path / "o.csv"

    def intrude(progress: Progress) -> None:
        (folder / "9.png").write_bytes(thumbnails[9])

    with pytest.raises(RunError, match=r"9\.png is new.*has the 3 that"):
        bulk([folder], out, report=intrude)
    assert len(rows_of(out)) == 3
    with pytest.raises(RunError, match="other images"):
        bulk([folder], out)


def test_images_that_changed_between_two_runs_are_noticed(
    tmp_path: Path, shards: list[Path], thumbnails: list[bytes]
) -> None:
    own = [write_tar(tmp_path / f"{k}.tar", thumbnails[k : k + 9]) for k in range(3)]
    out = tmp_path / "o.csv"

    def stopped(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(own, out, engine=answer_here, report=stopped)
    write_tar(own[0], thumbnails[50:59])
    os.utime(own[0], (1, 1))
    with pytest.raises(RunError, match=r"started with other images.*0\.tar"):
        bulk(own, out)
    assert progress_of(out) == 1


def test_a_file_of_the_user_is_never_overwritten(tmp_path: Path, shards: list[Path]) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("my own")
    with pytest.raises(RunError, match="Choose another --out"):
        bulk(shards[:1], out)
    assert out.read_text() == "my own"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_a_run_without_an_answer_leaves_nothing(tmp_path: Path, shards: list[Path]) -> None:
    out = tmp_path / "o.csv"
    with pytest.raises(InklingError, match=r"none\.tar"):
        bulk([tmp_path / "none.tar"], out)
    assert list(tmp_path.iterdir()) == []
    assert bulk(shards[:1], out, expect_one=True).images == 20  # another choice is no conflict


def test_two_processes_do_not_write_one_file(tmp_path: Path, shards: list[Path]) -> None:
    out = tmp_path / "o.csv"

    def second(progress: Progress) -> None:
        with pytest.raises(RunError, match="another process is writing"):
            bulk(shards[:1], out)

    assert bulk(shards[:1], out, report=second).images == 20


def test_a_full_disk_is_one_sentence_and_what_is_done_is_kept(
    tmp_path: Path, shards: list[Path], whole: Path
) -> None:
    out = tmp_path / whole.name

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # bytes; the parts fit

    done = subprocess.run(
        command(shards, out), preexec_fn=small, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    assert bulk(shards, out, engine=answer_here).resumed > 0
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(
    tmp_path: Path, shards: list[Path], whole: Path
) -> None:
    out = tmp_path / whole.name
    with subprocess.Popen(command(shards, out, "--workers", "2")) as process:
        while progress_of(out) < 2:
            time.sleep(0.01)
        worker = next(
            child
            for child in children_of(process.pid)
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()
        )
        os.kill(worker, signal.SIGKILL)
        assert process.wait(120) == 0
    assert out.read_bytes() == whole.read_bytes()


def test_what_cannot_be_written_is_known_at_once(tmp_path: Path, shards: list[Path]) -> None:
    with pytest.raises(InklingError, match="Use one of the suffixes"):
        bulk(shards, tmp_path / "o.txt")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        bulk(shards, tmp_path / "file" / "o.csv")
    with pytest.raises(InklingError, match="model"):
        bulk(shards, tmp_path / "o.csv", model=tmp_path / "none.onnx")
