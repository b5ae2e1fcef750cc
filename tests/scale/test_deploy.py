"""The cluster file fits Ray's own schema, and starts no cluster that is open to everybody."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ray = pytest.importorskip("ray", reason="needs the extra [ray]")
FILE = Path(__file__).parents[2] / "deploy" / "ray.yaml"


def described() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())


def test_the_cluster_file_fits_the_schema_of_ray() -> None:
    path = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"
    schema = json.loads(path.read_text())
    jsonschema.validate(described(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(described() | {"max_worker": 3}, schema)


def test_each_node_asks_for_a_token() -> None:
    file = described()
    for key in ("head_start_ray_commands", "worker_start_ray_commands"):
        start = next(line for line in file[key] if "ray start" in line)
        assert "RAY_AUTH_MODE=token" in start
        assert "dashboard-host" not in start
    assert file["max_workers"] >= len(file["provider"]["worker_ips"])
