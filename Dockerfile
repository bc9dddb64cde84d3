# The bridge as one process that owns nothing but /data, and not even that with a PostgreSQL. Locked packages are checked
# by their hashes; PostgreSQL's driver and OpenTelemetry are among them.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements-image.lock .
RUN python -m venv /bridge && /bridge/bin/pip install --no-cache-dir --require-hashes -r requirements-image.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY assets assets
COPY bridge bridge
# Also bundles Handlebars (bridge/assets/), with a Node of its own that stays behind in this stage.
RUN /bridge/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN groupadd --gid 10001 bridge \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin bridge \
 && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /bridge /bridge
ENV PATH=/bridge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BRIDGE_CONFIG=/etc/bridge/config.yaml
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["bridge"]
CMD ["serve"]
