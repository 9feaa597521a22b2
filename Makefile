# All that is needed is git, make and Python 3.11 or newer with its venv (on Debian the package
# python3-venv). Everything else goes into .venv.
#
#   make demo    see it work: a server, the real pwclient, a server to play with until Ctrl-C
#   make test    lint, types and every test; TESTS="tests/clients" instead of every one
#   make docs    the documentation site, in build/site/html
#   make docs-links   whether its links to other sites lead somewhere: takes network
#   make fresh   all of that on machines that have nothing but what the README names (as root)
#   make threads fifty threads at one double for a minute: THREADS="--seconds 600" for longer
#   make release-check   whether what would be released is fit to be
#   make attack  broken requests by the million, for an hour at most: ATTACK="--minutes 5" for less

PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach p,$(PYTHONS),$(shell $(p) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(p))))
BIN := .venv/bin

FRESH :=
RELEASE :=
TESTS :=
THREADS := --seconds 60

.PHONY: demo docs docs-links fresh test test-uvloop test-all attack threads lint schema release-check clean tools pythons
.DELETE_ON_ERROR:

demo: .venv/.demo
	@$(BIN)/python demo/run.py

docs: .venv/.docs
	@$(BIN)/python -m tools.site

docs-links: .venv/.docs
	@$(BIN)/python -m tools.site --links

# uvloop may change nothing (it is an extra), so what serves is tested with it first.
# Whatever fails, all of it runs.
test: .venv/.dev .venv/.uvloop .venv/.schemathesis tools pythons
	@status=0; \
	for part in lint test-uvloop test-all; do \
	  $(MAKE) --no-print-directory $$part || status=1; \
	done; \
	exit $$status

test-uvloop:
	PYTHONPATH=.venv/uvloop $(BIN)/python -m pytest -n auto tests/serving

# Neighbouring tests in one process, as far as both have work: what they share is read, and started,
# once.
test-all:
	$(BIN)/python -m pytest -n auto --dist worksteal $(TESTS)

# The README's two commands on minimal Debians, as root and as anybody.
fresh:
	python3 -m tools.fresh $(FRESH)

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Guided by coverage where atheris installs, which is not so for every Python.
attack: .venv/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/atheris atheris 2>/dev/null || echo "atheris does not install here: nothing is guided by coverage"
	PYTHONPATH=.venv/atheris $(BIN)/python -m tests.hostile.attack $(ATTACK)

# Every answer has to fit one order of all that happened; make test does it for two seconds.
threads: .venv/.dev
	$(BIN)/python -m pytest -s tests/serving/test_threads.py -k one_order $(THREADS)

# What would be released: the same bytes twice, what is in them, and that they run by themselves, on
# every Python that there is. Nothing is released by it.
release-check: .venv/.dev
	$(BIN)/python -m tools.release $(RELEASE)

schema: .venv/.dev
	$(BIN)/fakepw schema > fixtures/schema.json

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

# Installed again only when pyproject.toml has changed.
.venv/.demo .venv/.dev .venv/.docs: .venv/.%: pyproject.toml | $(BIN)/python
	@echo "installing what make $(if $(filter dev,$*),test,$*) needs into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]' || { echo "pip could not install what fakepw needs. That comes from PyPI, or from the index that pip is set to use: is it within reach?" >&2; exit 1; }
	@touch $@

# Beside the other packages, where only those find it who are told.
.venv/.uvloop: pyproject.toml | .venv/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/uvloop 'uvloop>=0.21'
	@touch $@

# Likewise: installed among them it is a plugin of every pytest, each of which starts a second later.
.venv/.schemathesis: pyproject.toml | .venv/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/schemathesis 'schemathesis>=4.32,<5'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "fakepw needs Python 3.11 or newer, and there is none called $(PYTHONS); say where: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "fakepw needs Python 3.11 or newer; $(PYTHON) is older" >&2; exit 1; }
	@echo "creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) could not create a virtual environment. On Debian that takes python3-venv: sudo apt-get install python3-venv" >&2; exit 1; }

# Every Python that this machine has is asked whether it answers the same.
pythons: .venv/.dev
	@$(BIN)/python -m tests.pythons

# What some tests run is installed where that can be done without asking; elsewhere those tests are
# skipped, and the last line says what to install. With CI=true they fail.
tools: .venv/.dev
	@$(BIN)/python -m tests.tools
