# A build that can be repeated names the base by digest: --build-arg PYTHON_IMAGE=python:3.13-slim-bookworm@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim-bookworm
# interpreted; or compiled, which takes a compiler and some minutes to build, and decides more events a CPU-second.
ARG CORE=interpreted


FROM ${PYTHON_IMAGE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.lock ./
# Without a pip of its own: nothing is ever installed into it again.
RUN python -m venv --without-pip /opt/detector \
    && pip --python /opt/detector install --no-deps --require-hashes --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY detector detector


FROM packages AS core-interpreted
RUN pip --python /opt/detector install --no-deps --no-build-isolation .


FROM packages AS core-compiled
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements-dev.lock ./
RUN python -m venv --without-pip /opt/tools \
    && pip --python /opt/tools install --no-deps --require-hashes --only-binary :all: --requirement requirements-dev.lock
RUN HATCH_BUILD_HOOK_ENABLE_MYPYC=1 pip --python /opt/tools wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && pip --python /opt/detector install --no-deps /dist/*.whl


FROM core-${CORE} AS core


FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="streaming-fraud-detector" \
      org.opencontainers.image.description="Detects fraud in Kafka streams with rules written in YAML" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 detector \
    && useradd --uid 10001 --gid detector --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin detector
COPY --from=core /opt/detector /opt/detector
# Inside a container 127.0.0.1 is reached by nobody else.
ENV PATH=/opt/detector/bin:$PATH DETECTOR_HTTP__HOST=0.0.0.0
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
RUN ["detector", "--version"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
ENTRYPOINT ["detector"]
CMD ["run"]
