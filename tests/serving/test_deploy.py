"""Checks `deploy/` and the `Dockerfile` without a container engine."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
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


def scan(root: Path, user: int = 4242) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy" / "scan.py"), str(root), "--user", str(user)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_image_is_scanned_for_set_uid_files_and_writable_paths(tmp_path: Path) -> None:
    last = (ROOT / "Dockerfile").read_text().rsplit("FROM ", 1)[1]
    assert last.index("USER 10001") < last.index("python /tmp/scan.py") < last.index("ENTRYPOINT")
    for folder in ("tmp", "usr/bin", "proc"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tmp").chmod(0o1777)
    (tmp_path / "tmp" / "free").touch(0o666)
    (tmp_path / "proc" / "free").touch()
    (tmp_path / "proc" / "free").chmod(0o666)
    program = tmp_path / "usr" / "bin" / "program"
    program.touch()
    program.chmod(0o755)
    assert scan(tmp_path).returncode == 0
    for mode, finding in ((0o4755, "set-uid"), (0o2755, "set-gid"), (0o757, "writable")):
        program.chmod(mode)
        done = scan(tmp_path)
        assert done.returncode == 1
        assert finding in done.stdout
        assert str(program) in done.stdout
    program.chmod(0o755)
    owned = scan(tmp_path, program.stat().st_uid)
    assert f"writable: {program}" in owned.stdout


def test_proxies_accept_what_the_service_accepts() -> None:
    megabytes = Settings().body_bytes // MEGABYTE
    assert f"client_max_body_size {megabytes}m;" in (ROOT / "deploy" / "nginx.conf").read_text()
    annotations = find("Ingress")["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == f"{megabytes}m"
    unit = (ROOT / "deploy" / "inkling.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > GRACE_SECONDS


def test_visitors_reach_every_path_but_the_counts(address: str) -> None:
    rules = find("Ingress")["spec"]["rules"][0]["http"]["paths"]
    assert {rule["backend"]["service"]["name"] for rule in rules} == {"inkling"}

    def lets_through(path: str) -> bool:
        return any(
            path == rule["path"]
            or (rule["pathType"] == "Prefix" and path.startswith(f"{rule['path']}/"))
            for rule in rules
        )

    described = httpx.get(f"{address}/openapi.json", timeout=60).json()["paths"]
    asked = {*described, "/", "/docs", "/openapi.json", "/page/main.js", "/favicon.ico"}
    assert [path for path in sorted(asked) if not lets_through(path)] == ["/metrics"]


@pytest.fixture
def nginx(tmp_path: Path, address: str) -> list[str]:
    """The command that runs `deploy/nginx.conf` in front of the service, on another port."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("needs nginx: apt-get install nginx-light")
    certificate(tmp_path)
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"/etc/letsencrypt/live/[^/]+/", f"{tmp_path}/", text)
    text = text.replace("127.0.0.1:8000", address.removeprefix("http://"))
    text = text.replace("listen 443 ssl", f"listen unix:{tmp_path}/tls ssl")
    text = text.replace("listen 80", f"listen unix:{tmp_path}/plain")
    (tmp_path / "site.conf").write_text(text)
    folders = " ".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} "
        f"http {{ access_log off; {folders} include {tmp_path}/site.conf; }}"
    )
    return [program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]


def test_nginx_takes_its_configuration(nginx: list[str]) -> None:
    done = subprocess.run([*nginx, "-t"], capture_output=True, text=True, check=False)
    assert "syntax is ok" in done.stderr, done.stderr


def test_nginx_turns_away_as_the_service_does(nginx: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(nginx) as process:
        try:
            while not (tmp_path / "pid").exists():  # written once it listens
                assert process.poll() is None, (tmp_path / "error.log").read_text()
                time.sleep(0.02)
            wire = httpx.HTTPTransport(uds=f"{tmp_path}/tls", verify=False)
            with httpx.Client(transport=wire, base_url="https://x", timeout=60) as http:
                answers = [http.get("/v1/model") for _ in range(200)]
                assert http.get("/metrics").status_code == 403
        finally:
            process.terminate()
    assert {answer.status_code for answer in answers} == {200, 503}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert refused.json().keys() == {"type", "title", "status", "detail"}


def certificate(folder: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=digits.example.org"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(command, capture_output=True, check=True)
