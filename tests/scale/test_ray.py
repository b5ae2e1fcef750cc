"""The same work on Ray gives the same bytes; lost nodes and absent clusters are survived."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import DataError, RunError
from inkling.scale.bulk import read_bulk
from inkling.scale.cluster import ANSWER_S, KNOCK_S, cluster, explain_failure
from inkling.scale.processes import answer_here
from inkling.scale.sources import open_sources
from inkling.scale.training import _keep
from inkling.training.manifest import altered_files, write_manifest
from tests.scale.conftest import write_tar

ROOT = Path(__file__).parents[2]
QUICK = ["--set", "widths=[16]", "--set", "epochs=2", "--set", "threads=1"]


def inkling(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inkling", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def in_this_process(sources: Sequence[Path], out: Path) -> bytes:
    named = open_sources([str(one) for one in sources], sys.stdin.buffer)
    read_bulk(named, out, engine=answer_here)
    return out.read_bytes()


@pytest.mark.slow
def test_bulk_reading_on_ray_gives_the_same_file(shards: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "ray.parquet"
    job = ["read", *shards, "--out", out, "--on", "ray", "--workers", 2, "--json"]
    done = inkling(*job, RAY_ADDRESS="127.0.0.1:1")  # another cluster is not joined
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["images"], summary["failed"]) == (300, 0)
    assert out.read_bytes() == in_this_process(shards, tmp_path / "here.parquet")


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nothing_listens(scheme: str, shards: list[Path], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{scheme}127.0.0.1:{free.getsockname()[1]}"
    out = tmp_path / "o.csv"
    assert KNOCK_S + ANSWER_S < 20  # seconds
    done = inkling("read", shards[0], "--out", out, "--on", address)
    assert done.returncode == 1
    assert done.stderr.strip().startswith(f"inkling: no Ray cluster responds at {address}")
    assert done.stderr.count("\n") == 1


def test_what_is_no_address() -> None:
    with pytest.raises(RunError, match="HOST:PORT"), cluster("somewhere"):
        pass


def test_a_task_says_what_it_met() -> None:
    ours = DataError("cannot read x.tar")
    wrapped = RuntimeError("task failed")
    wrapped.__cause__ = ours
    assert explain_failure(wrapped) is ours
    lacking = RuntimeError("task failed")
    lacking.cause = ModuleNotFoundError("no", name="inkling")  # type: ignore[attr-defined]
    assert "lack the package 'inkling'" in str(explain_failure(lacking))
    assert "the last line" in str(explain_failure(RuntimeError("first\nthe last line\n")))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_something_else_listens(
    scheme: str, shards: list[Path], tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"{scheme}127.0.0.1:{other.getsockname()[1]}"
        done = inkling("read", shards[0], "--out", tmp_path / "o.csv", "--on", address)
    assert done.returncode == 1
    assert f"no Ray cluster responds at {address}" in done.stderr
    assert "token" in done.stderr
    assert done.stderr.count("\n") == 1  # without the lines that Ray logs for each retry


def test_a_run_from_a_node_is_whole_where_it_is_kept(tmp_path: Path) -> None:
    there = tmp_path / "node" / "seed-0"
    there.mkdir(parents=True)
    (there / "card.json").write_text(json.dumps({"run": str(there), "seed": 0}))
    (there / "model.safetensors").write_bytes(b"weights")
    write_manifest(there)
    files = {path.name: path.read_bytes() for path in there.iterdir()}
    here = tmp_path / "seed-0"
    here.mkdir()
    (here / "half-written").write_text("of a seed that was stopped")
    assert _keep(here, {"run": str(there), "seed": 0}, files) == {"run": str(here), "seed": 0}
    assert json.loads((here / "card.json").read_text()) == {"run": str(here), "seed": 0}
    assert altered_files(here) == {}
    assert {path.name for path in here.iterdir()} == set(files)


def hashes(folder: Path) -> list[str]:
    lines = (folder / "seeds.jsonl").read_text().splitlines()
    return [json.loads(line)["weights_sha256"] for line in lines]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_seeds_on_ray_have_the_weights_of_seeds_here(few_npz: Path, tmp_path: Path) -> None:
    job = ["repeat", "mlp-adam", "--seeds", 3, "--data", few_npz, *QUICK]
    for out, on in ((tmp_path / "here", []), (tmp_path / "ray", ["--on", "ray"])):
        done = inkling(*job, "--out", out, *on)
        assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "ray") == hashes(tmp_path / "here")
    assert len(set(hashes(tmp_path / "ray"))) == 3
    for seed in range(3):
        run = tmp_path / "ray" / f"seed-{seed}"
        assert json.loads((run / "card.json").read_text())["run"] == str(run)
        assert altered_files(run) == {}
    first = tmp_path / "ray" / "seed-0"
    assert inkling("evaluate", first, "--data", few_npz).returncode == 0
    again = inkling(*job, "--out", tmp_path / "ray", "--on", "127.0.0.1:1")  # all is there
    assert again.returncode == 0


RECIPE = """
name = "small"
[model]
kind = "mlp"
widths = [16]
[training]
epochs = 2
batch_size = 32
validation = 80
threads = 1
[search]
"optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }
"""


@pytest.mark.slow
def test_trials_on_ray_share_a_study(few_npz: Path, tmp_path: Path) -> None:
    import optuna

    recipe = tmp_path / "small.toml"
    recipe.write_text(RECIPE)
    job: list[Any] = ["tune", recipe, "--data", few_npz, "--out", tmp_path / "t", "--on", "ray"]
    for trials in (3, 5):
        done = inkling(*job, "--trials", trials)
        assert done.returncode == 0, done.stderr
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path / 't' / 'study.db'}")
    rates = {trial.params["optimizer.learning_rate"] for trial in study.trials}
    assert len(rates) == len(study.trials) == 5
    assert (tmp_path / "t" / "best.toml").exists()


NODES = """
import sys, threading, time
from pathlib import Path
import ray
from ray.cluster_utils import Cluster
from inkling.scale.bulk import read_bulk
from inkling.scale.ray_data import RayEngine
from inkling.scale.sources import open_sources
from inkling.scale.training import _keep
from inkling.training.manifest import altered_files, write_manifest

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
node = cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
killed = []

def kill_once(progress):
    if progress.images >= 40 and not killed:
        killed.append(progress.images)
        threading.Thread(target=cluster.remove_node, args=(node, False)).start()

out = Path(sys.argv[1])
sources = open_sources(sys.argv[2:], sys.stdin.buffer)
summary = read_bulk(sources, out, engine=RayEngine(cluster.address), report=kill_once)
print("answered", killed[0], summary.images, summary.failed, flush=True)
cluster.shutdown()
"""


def run_script(path: Path, text: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a script in a process of its own, which must succeed."""
    path.write_text(text)
    command = [sys.executable, path, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=290)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_a_node_that_is_lost_costs_no_row(thumbnails: list[bytes], tmp_path: Path) -> None:
    shards = [
        write_tar(tmp_path / f"{k:02d}.tar", thumbnails[20 * (k % 15) :][:20]) for k in range(45)
    ]
    out = tmp_path / "lost.csv"
    done = run_script(tmp_path / "nodes.py", NODES, out, *shards)
    # Ray writes notices of its own, before and after.
    (result,) = re.findall(r"^answered (\d+) (\d+) (\d+)$", done.stdout, re.MULTILINE)
    killed, images, failed = map(int, result)
    assert 40 <= killed < images == 900
    assert failed == 0
    assert out.read_bytes() == in_this_process(shards, tmp_path / "here.csv")


HEAD_LOST = """
import subprocess, sys, time
from pathlib import Path
from ray.cluster_utils import Cluster

lines, *command = sys.argv[1:]
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
done = subprocess.Popen([*command, "--on", cluster.address])
while done.poll() is None and not (Path(lines).exists() and Path(lines).read_bytes()):
    time.sleep(0.05)
cluster.remove_node(cluster.head_node, allow_graceful=False)
sys.exit(done.wait() != 1)
"""


@pytest.mark.slow
def test_a_lost_head_node_ends_the_command_with_a_sentence(
    shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # the cluster listens on this machine alone
    out = tmp_path / "lost.csv"
    many = shards * 60  # some 10 s of reading
    lines = tmp_path / "lost.csv.parts" / "parts.jsonl"
    job = [sys.executable, "-m", "inkling", "read", *many, "--out", out, "--workers", "2"]
    done = run_script(tmp_path / "head_lost.py", HEAD_LOST, lines, *job)
    assert done.stderr.count("repeat the command to resume") == 1, done.stderr
    assert not out.exists()
    assert inkling("read", *many, "--out", out).returncode == 0  # resumes without the cluster
    assert out.read_bytes() == in_this_process(many, tmp_path / "here.csv")


ENDED = """
import os, sys
from inkling.scale.exit_message import explain_sudden_end
with explain_sudden_end("auto"):
    if sys.argv[1] == "suddenly":
        os._exit(1)
    raise SystemExit(1)
"""


@pytest.mark.parametrize("how", ["suddenly", "by an exception"])
def test_a_sentence_only_for_a_process_that_ends_suddenly(how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED, how], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == (how == "suddenly")
    assert ("cluster at auto was lost" in done.stderr) == (how == "suddenly")


OUTSIDE = """
import subprocess, sys
from ray.cluster_utils import Cluster

port, *command = sys.argv[1:]
options = {"num_cpus": 2, "include_dashboard": False, "ray_client_server_port": int(port)}
cluster = Cluster(initialize_head=True, head_node_args=options)
done = subprocess.run(command)
cluster.shutdown()
sys.exit(done.returncode)
"""


@pytest.mark.slow
def test_a_command_outside_the_cluster(
    shards: list[Path], few_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # the cluster listens on this machine alone
    out = tmp_path / "outside.csv"
    for job in (
        ["read", *shards, "--out", out],
        ["repeat", "mlp-adam", "--seeds", 2, "--data", few_npz, *QUICK, "--out", tmp_path / "r"],
    ):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "inkling", *job, "--on", f"ray://127.0.0.1:{port}"]
        run_script(tmp_path / "outside.py", OUTSIDE, str(port), *map(str, command))
    assert out.read_bytes() == in_this_process(shards, tmp_path / "here.csv")
    assert len(set(hashes(tmp_path / "r"))) == 2
