# check=error=true
# The image of production: `hub serve`, and `hub work` by another command. No compiler, tests, demo or database.
# Name the base by digest: docker build --build-arg BASE=python:3.13-slim-bookworm@sha256:...
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=0
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY locks/build.txt locks/run.txt locks/
RUN python -m venv /build /hub \
    && /build/bin/python -m pip install --require-hashes --only-binary :all: --no-deps --no-compile -r locks/build.txt \
    && /hub/bin/python -m pip install --require-hashes --only-binary :all: --no-deps --no-compile -r locks/run.txt
COPY pyproject.toml ./
COPY hub hub
COPY portal portal
COPY schema schema
COPY workers workers
COPY migrations migrations
RUN /build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /hub/bin/python -m pip install --no-deps --no-index --no-compile /wheel/*.whl \
    && /hub/bin/python -m pip uninstall --yes pip setuptools

FROM ${BASE}
RUN groupadd --system --gid 10001 hub \
    && useradd --system --uid 10001 --gid hub --no-create-home --shell /usr/sbin/nologin hub
COPY --from=build /hub /hub
ENV PATH=/hub/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HUB_MODE=production HUB_HOST=0.0.0.0
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
# Run it with --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen as get; get('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["hub", "serve"]
