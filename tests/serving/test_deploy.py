"""What `deploy/` and the `Dockerfile` promise, checked without an engine to run them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from inkling.serving.server import GRACE_SECONDS
from inkling.serving.settings import MEGABYTE, Settings

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
KUBERNETES = "1.32"


def documents() -> list[tuple[str, dict[str, Any]]]:
    yaml = pytest.importorskip("yaml", reason="needs the package pyyaml")
    return [
        (path.name, document)
        for path in MANIFESTS
        for document in yaml.safe_load_all(path.read_text())
    ]


def find(kind: str) -> dict[str, Any]:
    return next(document for _, document in documents() if document["kind"] == kind)


def test_manifests_fit_the_schemas_of_kubernetes() -> None:
    validator = pytest.importorskip(
        "kubernetes_validate", reason="needs the package kubernetes-validate"
    )
    kinds = []
    for _, document in documents():
        validator.validate(document, KUBERNETES, strict=True)
        kinds.append(document["kind"])
    assert {"Deployment", "Service", "Ingress", "HorizontalPodAutoscaler"} <= set(kinds)
    wrong = json.loads(json.dumps(find("Deployment")))
    wrong["spec"]["replica"] = 3
    with pytest.raises(validator.ValidationError):
        validator.validate(wrong, KUBERNETES, strict=True)


def test_the_parts_of_the_deployment_fit_together() -> None:
    spec = find("Deployment")["spec"]
    labels = spec["template"]["metadata"]["labels"]
    for kind in ("Service", "PodDisruptionBudget"):
        selector = find(kind)["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels.items()
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= GRACE_SECONDS + pause
    port = container["ports"][0]["containerPort"]
    assert f"EXPOSE {port}" in (ROOT / "Dockerfile").read_text()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] in ("/healthz", "/readyz")
    user = pod["securityContext"]["runAsUser"]
    assert f"USER {user}:" in (ROOT / "Dockerfile").read_text()


def test_the_image_has_no_torch_and_no_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "[serve]" in text
    assert "[train]" not in text
    assert "[all]" not in text
    assert "HEALTHCHECK" in text
    last = text.rsplit("FROM ", 1)[1]
    assert re.search(r"^USER (?!0)\d+", last, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert allowed[0] == "*"
    for source in re.findall(r"^COPY (?!--from)(.+) \./", text, re.MULTILINE):
        for name in source.split():
            assert f"!{name}" in allowed


def test_proxies_take_what_the_service_takes() -> None:
    megabytes = Settings().body_bytes // MEGABYTE
    assert f"client_max_body_size {megabytes}m;" in (ROOT / "deploy" / "nginx.conf").read_text()
    annotations = find("Ingress")["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == f"{megabytes}m"
    unit = (ROOT / "deploy" / "inkling.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > GRACE_SECONDS


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("needs nginx: apt-get install nginx-light")
    certificate(tmp_path)
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"/etc/letsencrypt/live/[^/]+/", f"{tmp_path}/", text)
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} "
        f"http {{ access_log off; include {tmp_path}/site.conf; }}"
    )
    command = [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "syntax is ok" in done.stderr, done.stderr


def certificate(folder: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=digits.example.org"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(command, capture_output=True, check=True)
