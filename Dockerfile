FROM python:3.13-slim

# Pango draws the certificates.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin scip \
    && mkdir -p /data/files \
    && chown -R scip /data

WORKDIR /app
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DEMO_DATA=/data \
    MEDIA_ROOT=/data/files \
    STATIC_ROOT=/app/collected \
    PORT=8000 \
    WEB_WORKERS=2

# Before the code, so that a change of code doesn't install everything again.
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
# Only the file names matter here; the secrets of this step stay in a folder that is removed.
RUN DEMO_DATA=/tmp/build python manage.py collectstatic --noinput --ignore flags \
    && rm -rf /tmp/build \
    && python -m compileall -q scip cohorts consultations certification supervision payments

USER scip
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "scip.management.healthcheck"]
CMD ["sh", "-c", "exec granian --interface wsgi --host 0.0.0.0 --port \"$PORT\" --workers \"$WEB_WORKERS\" --blocking-threads 1 --no-ws --respawn-failed-workers --workers-kill-timeout 30 scip.wsgi:application"]
