# The service only: no torch, no compiler, not root.
#   docker build -t inkling .
#   docker run --rm -p 127.0.0.1:8000:8000 inkling
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src ./src
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[serve]' \
 && /venv/bin/python -c "import inkling.serving.server, sys; assert 'torch' not in sys.modules" \
 && /venv/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin inkling
COPY --from=build /venv /venv
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
# The build fails if a set-uid file or a writable path is left.
RUN --mount=type=bind,source=deploy/scan.py,target=/tmp/scan.py python /tmp/scan.py
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
# Listens on every interface: the container runtime decides who can connect.
ENTRYPOINT ["inkling", "serve", "--host", "0.0.0.0", "--port", "8000"]
