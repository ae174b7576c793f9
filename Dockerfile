# The service as an image: `docker build --tag copydesk .`
# The same commands as in the README; what is installed is what requirements/ locks.

FROM python:3.12-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /build && python -m venv /venv
# The dependencies by themselves first: they change less often than the code.
COPY requirements/base.txt requirements/build.txt requirements/
RUN /build/bin/pip install --require-hashes --requirement requirements/build.txt \
    && /venv/bin/pip install --require-hashes --requirement requirements/base.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
RUN /build/bin/python -m build --wheel --no-isolation \
    && /venv/bin/pip install --no-deps dist/*.whl

FROM python:3.12-slim
RUN groupadd --gid 10001 copydesk \
    && useradd --uid 10001 --gid copydesk --home-dir /data --create-home copydesk
COPY --from=builder /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    COPYDESK_DATABASE_URL=sqlite:////data/copydesk.db \
    COPYDESK_PORT=8000
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['COPYDESK_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["copydesk", "serve", "--host", "0.0.0.0"]
