# Two commands to begin with: make demo, make test. See make help.
# Works with GNU make 3.81 (macOS) and later. Everything is installed into .venv here.

PYTHON ?= python3
PORT ?= 8000
DEMO_DATA ?= .demo
DEMO_SCALE ?= 1
PYTEST_ARGS ?=

# Compiling every module anew triples the time of each start, and .venv is ours to write to.
unexport PYTHONDONTWRITEBYTECODE

PY = .venv/bin/python
# uv must use the Python found here and never fetch one.
UV = UV_PYTHON_DOWNLOADS=never .venv/bin/uv
# The demo runs on its own parts alone, whatever the shell has set for something else.
DEMO = env -u DATABASE_URL -u SECRET_KEY -u VAULT_KEYS -u DEBUG -u SITE_URL -u ALLOWED_HOSTS \
	-u REDIS_URL -u EMAIL_URL -u STRIPE_SECRET_KEY -u S3_BUCKET -u SENTRY_DSN -u DEFAULT_FROM_EMAIL \
	-u SIGNING_CERT -u SIGNING_KEY -u SIGNING_CERT_FALLBACKS \
	PORT='$(PORT)' DEMO_DATA='$(DEMO_DATA)' DEMO_SCALE='$(DEMO_SCALE)' $(PY) -m scip.management.launcher

# `check --deploy` as production would start: nothing embedded, TLS on.
PRODUCTION = DEMO_DATA=.venv/check-data DEBUG=0 \
	SECRET_KEY=only-for-checking-3Jq8sVw1ZrY6tKp0LmXc9BnHd5GfQe2Ua7Ti \
	VAULT_KEYS=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= \
	SIGNING_CERT=.venv/check-data/signing.pem SIGNING_KEY=.venv/check-data/signing.pem \
	SITE_URL=https://scip.example.org ALLOWED_HOSTS=scip.example.org TRUSTED_PROXY_COUNT=1 \
	DATABASE_URL=postgres://scip@localhost/scip REDIS_URL=redis://localhost:6379/0 \
	EMAIL_URL=smtp+tls://mail.example.org:587 DEFAULT_FROM_EMAIL=scip@example.org

.PHONY: help demo demo-reset test check soak bench tour lock

help:
	@echo 'make demo        start the site with a demo world (PORT=8000 DEMO_DATA=.demo DEMO_SCALE=1; 0: empty)'
	@echo 'make demo-reset  the same, with a demo world made anew'
	@echo 'make test        the whole test suite (PYTEST_ARGS="tests/cohorts -x" for a part)'
	@echo 'make check       style, types, templates, import contracts, migrations, deployment settings'
	@echo 'make soak        the long checks: races, kills, replays, load, restore (up to an hour)'
	@echo 'make bench       the benchmarks, into bench/results.json'
	@echo 'make tour        pictures for the README from a running demo (PORT=8000)'
	@echo 'make lock        pin the newest versions that pyproject.toml allows'

demo: .venv/installed
	@exec $(DEMO)

demo-reset: .venv/installed
	@exec $(DEMO) --reset

test: .venv/installed-dev
	@$(PY) -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: .venv/installed-dev
	@mkdir -p .venv/check-data
	@$(PY) -m scip.signing --pem >.venv/check-data/signing.pem
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@git ls-files -co --exclude-standard 'templates/*.html' | xargs .venv/bin/djade --target-version 6.1 --check
	@$(PRODUCTION) $(PY) -m mypy
	.venv/bin/lint-imports --no-cache
	@$(PY) -m pytest --collect-only -qq >.venv/collected.txt || { cat .venv/collected.txt; exit 1; }
	@$(PRODUCTION) $(PY) manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

soak: .venv/installed-dev
	@$(PY) -m bench.soak

bench: .venv/installed-dev
	@$(PY) -m bench

tour: .venv/installed-dev
	@$(PY) -m tests.journeys.tour 'http://localhost:$(PORT)'

# Names, versions and hashes only: no address of whoever pinned them gets into the file.
LOCK = $(UV) pip compile pyproject.toml --universal --generate-hashes --upgrade --python-version 3.12 \
	--no-header --no-annotate --quiet

lock: .venv/bin/uv
	$(LOCK) -o requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock

# --- what the above needs ---------------------------------------------------------------

.venv/bin/python:
	@for python in $(PYTHON) python3.14 python3.13 python3.12; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || continue; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$$python is here without its venv module. Debian: apt install python3-venv." >&2; exit 1; }; \
	  exec $$python -m venv --without-pip .venv; \
	done; \
	echo 'Python 3.12 or newer is needed. Debian: apt install python3 python3-venv. macOS: brew install python@3.13.' >&2; \
	echo 'Is it there under another name? make demo PYTHON=/path/to/python3' >&2; exit 1

# The pip that came with the Python fetches uv in a moment; a pip of our own takes six seconds to unpack.
PIP_UV = -m pip --python $(PY) --disable-pip-version-check install --quiet uv

# Beside it, on another core, our modules are compiled, which the first start would wait for.
OURS = $(filter-out bench/ tests/,$(dir $(wildcard */__init__.py)))

.venv/bin/uv: | .venv/bin/python
	@echo 'Installing into .venv …'
	@$(PY) -m compileall -q $(OURS) & \
	"$$($(PY) -c 'import sys; print(sys._base_executable)')" $(PIP_UV) 2>.venv/pip.log || { \
	  $(PY) -m ensurepip >.venv/pip.log && $(PY) $(PIP_UV); }; \
	done=$$?; wait; exit $$done

# WeasyPrint's own list of libraries, by itself: to import all of it takes three seconds here, once.
LOADS_PANGO = 'import importlib.util, runpy; \
	package = importlib.util.find_spec("weasyprint").submodule_search_locations[0]; \
	runpy.run_path(package + "/text/ffi.py")'

# The stamps hold a copy of the lock they stand for, so a checkout's file times don't matter.
.venv/installed: requirements.lock | .venv/bin/uv
	@cmp -s requirements.lock $@ || \
		$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements.lock
	@$(PY) -c $(LOADS_PANGO) 2>/dev/null || { echo 'Certificates need the Pango libraries. Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. macOS: brew install pango.' >&2; exit 1; }
	@cp requirements.lock $@

.venv/installed-dev: requirements-dev.lock | .venv/installed
	@cmp -s requirements-dev.lock $@ || \
		$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements-dev.lock
	@cp requirements-dev.lock $@
