# The node in a container: `docker build --tag fedistream .`; how to run it is in docs/operating/containers.md.
# The Python of the tests: the locks name other versions of some libraries for later ones.
FROM python:3.11-slim-bookworm AS base


FROM base AS build
WORKDIR /src

# Build tools, and npm for the JavaScript of the pages, in an environment that stays in this stage.
COPY locks/setup.lock locks/node.lock locks/
RUN python -m venv /build \
    && /build/bin/pip install --no-cache-dir --require-hashes --requirement locks/setup.lock --requirement locks/node.lock

# The libraries change less often than the node does: a layer of their own.
COPY requirements.lock ./
RUN /build/bin/uv venv --no-cache --python /usr/local/bin/python /opt/fedistream \
    && /build/bin/uv pip install --no-cache --compile-bytecode --python /opt/fedistream/bin/python \
        --require-hashes --requirement requirements.lock

COPY . .
# Bytecode now: the user of the last stage cannot write it, and each start would compile everything anew.
RUN PATH="/build/bin:${PATH}" /build/bin/python -m hatchling build --target wheel --directory /wheel \
    && /build/bin/uv pip install --no-cache --compile-bytecode --python /opt/fedistream/bin/python --no-deps /wheel/*.whl


FROM base
LABEL org.opencontainers.image.title="Fedistream" \
    org.opencontainers.image.description="An ActivityPub-first federated live streaming node" \
    org.opencontainers.image.licenses="MIT"

# A number that belongs to nobody on most hosts. It is written as a number below, so that a cluster which refuses
# containers that run as root sees that this one does not.
RUN groupadd --gid 10001 fedistream \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin fedistream \
    && install --directory --owner 10001 --group 10001 --mode 0700 /app/data

COPY --from=build /opt/fedistream /opt/fedistream
# the port is given, so that the admin cannot change it: the health check reads it here
ENV PATH="/opt/fedistream/bin:${PATH}" \
    FEDISTREAM_DATA_DIR=/app/data \
    FEDISTREAM_PORT=8080

WORKDIR /app
USER 10001:10001
VOLUME /app/data
EXPOSE 8080 1935
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=8s --start-period=1m --retries=3 \
    CMD ["python", "-m", "fedistream.app.healthcheck"]
ENTRYPOINT ["fedistream"]
CMD ["serve"]
