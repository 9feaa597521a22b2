# fakepw and pw-conformance in one image.
#
#   docker build -t fakepw .
#   docker build -t fakepw --build-arg BASE=debian-with-python3 .
#
# BASE brings Python 3.11 or newer as python3, with its venv. Everything else is below /opt/fakepw,
# in one layer, which is the same for the same source, base and SOURCE_DATE_EPOCH. Without a network:
# put the wheels of all that is needed into the folder wheels, and give --build-arg PIP_NO_INDEX=1.
# EXTRAS=tls adds what `fakepw serve --tls` makes certificates with, and 18 MB.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=315532800
ARG EXTRAS=
ARG PIP_NO_INDEX=
ARG PIP_FIND_LINKS=/src/wheels
COPY . /src/
# Bytecode is never checked against its source, which cannot change, and so starts quicker.
RUN set -e; umask 022; mkdir -p wheels; \
    python3 -m venv /pip; \
    python3 -m venv --without-pip /opt/fakepw; \
    /pip/bin/pip --python /opt/fakepw/bin/python install \
      --quiet --no-cache-dir --no-compile --disable-pip-version-check "/src[conformance${EXTRAS:+,$EXTRAS}]"; \
    PYTHONHASHSEED=0 /opt/fakepw/bin/python -m compileall \
      -q --invalidation-mode unchecked-hash /opt/fakepw/lib; \
    mkdir -p /layer/opt; mv /opt/fakepw /layer/opt/; \
    find /layer -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM ${BASE}
ARG REVISION=
LABEL org.opencontainers.image.title="fakepw" \
      org.opencontainers.image.description="A fake Patchwork XML-RPC server, and pw-conformance for real ones" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /layer/ /
ENV PATH=/opt/fakepw/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp FAKEPW_HOST=0.0.0.0
USER 65532:65532
EXPOSE 8000
# Asked at once, as engines before 25 know no other beginning; once it is up, one look lasts.
HEALTHCHECK --interval=100ms --timeout=30s --retries=4 CMD ["fakepw", "health", "--watch=15"]
CMD ["fakepw", "serve"]
