# Two commands matter: `make demo` and `make test`. Both set themselves up.

PYTHON ?= python3
VENV   ?= .venv
TESTS  ?= tests
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
LOWEST := .venv-lowest
MUTANTS := .venv-mutants
DEMO   := $(CURDIR)/.demo
# Twice as many as two processors: a third of the suite waits for processes of its own.
SIDE_BY_SIDE := -n 4 --dist worksteal

# Tests start some thousand processes: each would compile all of Penstock anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-stop test check lint types arrows pytest quick lowest matrix slow fuzz bench mutants pictures clean

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[samples,dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[clock]' || \
		echo "libfaketime cannot be built here (it needs a C compiler): tests leave the clock alone"
	@touch $@

demo: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh sample_dags/demo.sh "$(DEMO)"

demo-stop: $(STAMP)
	@PENSTOCK_HOME="$(DEMO)" $(BIN)/penstock down

test: lint types arrows pytest

check: test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks mutants sample_dags docs/make_pictures.py

arrows: $(STAMP)
	$(BIN)/lint-imports

pytest: $(STAMP)
	$(BIN)/pytest $(SIDE_BY_SIDE) -m 'not slow' $(TESTS)

# What needs no engine and little patience.
quick: $(STAMP)
	$(BIN)/pytest $(SIDE_BY_SIDE) -m 'not slow' tests/unit tests/contract tests/architecture

# The same tests with the lowest declared version of each dependency.
lowest:
	@test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	@$(LOWEST)/bin/python tests/versions/lowest.py > $(LOWEST)/constraints.txt
	@PIP_CONSTRAINT=$(CURDIR)/$(LOWEST)/constraints.txt $(MAKE) --no-print-directory pytest VENV=$(LOWEST)

# The same tests with each Python from 3.11 on that is installed, on PATH or by pyenv.
matrix:
	@for python in $$($(PYTHON) tests/versions/interpreters.py); do \
	  minor=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "== Python $$minor ($$python)"; \
	  $(MAKE) --no-print-directory pytest VENV=.venv-$$minor PYTHON=$$python || exit 1; \
	done

slow: $(STAMP)
	$(BIN)/pytest -m slow -n 0

# The property tests with examples that nobody has tried before. What fails becomes a case of its own.
fuzz: $(STAMP)
	PENSTOCK_EXAMPLES=new $(BIN)/pytest -n 2 $$(grep -rl "from hypothesis import" $(TESTS) --include='test_*.py')

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# Which changes of the code do the tests notice? In a copy of the tree, with a virtual environment of its own:
# make mutants SEED=7 SAMPLE=60 ROOM=scheduling LIMIT=60
mutants: $(MUTANTS)/.installed
	@$(MUTANTS)/bin/python -m mutants $(if $(SEED),--seed $(SEED)) $(if $(SAMPLE),--sample $(SAMPLE)) \
	  $(if $(ROOM),--room $(ROOM)) $(if $(LIMIT),--limit $(LIMIT))

$(MUTANTS)/.installed: pyproject.toml
	@test -x $(MUTANTS)/bin/python || $(PYTHON) -m venv $(MUTANTS)
	@mkdir -p .mutants/tree
	@git ls-files -z -co --exclude-standard | xargs -0 cp --parents -t .mutants/tree
	@$(MUTANTS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.mutants/tree[samples,dev,mutants]'
	@$(MUTANTS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.mutants/tree[clock]' || true
	@touch $@

pictures: $(STAMP)
	$(BIN)/python docs/make_pictures.py

clean:
	rm -rf $(VENV) .venv-* .mutants $(DEMO) .mypy_cache .ruff_cache .pytest_cache dist build
