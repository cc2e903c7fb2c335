# The way from a clone to the published page. `make help` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
CHAPTER_TESTS := lite notebooks chapters pages build

.DEFAULT_GOAL := help
.NOTPARALLEL:  # each step uses all processors, and the archive takes the PDF along
.PHONY: help book live pdf zip test check mutants lint notebooks bench lab serve clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

book: $(INSTALLED)  ## build the book into _build/html
	@$(BIN)/python -m publish.book

live: book  ## add the live part: the chapters as notebooks that run in the browser
	@$(BIN)/python -m publish.lite $(if $(PYODIDE),--pyodide "$(PYODIDE)")

pdf: book  ## add the whole book as one PDF
	@$(BIN)/python -m publish.browser chromium
	@$(BIN)/python -m publish.pdf

zip: book  ## add the whole book as one archive of pages that open from a disk
	@$(BIN)/python -m publish.archive

test: live pdf zip lint  ## run every test: package, notebooks, built pages, live part, PDF, archive
	@$(BIN)/python -m publish.browser firefox
	@$(BIN)/python -m publish.local_pyodide
	$(BIN)/pytest -n 2 --dist worksteal --doctest-modules --ignore tests/references --ignore-glob '*/conftest.py' tests src/dlnotes

check: export DLNOTES_BUILD := _build/draft
check: $(INSTALLED)  ## build, compare, lint, open and run live one chapter: make check CHAPTER=relu
	$(if $(CHAPTER),,$(error Say which chapter: make check CHAPTER=relu))
	@$(BIN)/python -m publish.book --output $(DLNOTES_BUILD) $(CHAPTER)
	@$(BIN)/python -m publish.lite $(CHAPTER)
	@$(BIN)/python -m publish.browser chromium firefox
	@$(BIN)/python -m publish.local_pyodide
	$(BIN)/ruff check book/$(CHAPTER).ipynb
	$(BIN)/pytest -n 2 --dist loadfile -k "[$(CHAPTER)] or book/$(CHAPTER).html" $(CHAPTER_TESTS:%=tests/book/test_%.py)

lint: $(INSTALLED)  ## check style, spelling, and that what is imported is declared
	$(BIN)/ruff check
	$(BIN)/ruff format --check src publish tests tools benchmarks
	$(BIN)/codespell
	$(BIN)/node node_modules/.bin/prettier --log-level warn --check "{book/_static,src/dlnotes/explore,publish}/*.{js,css}"
	$(BIN)/deptry src
	$(BIN)/deptry --config tools/deptry.toml publish tests tools benchmarks

mutants: $(INSTALLED)  ## change the mathematics in small ways, and see whether a test fails (most of an hour)
	$(BIN)/python tests/mutation/run.py activations attention convolution dense dropout gradient_check graph initializers layers \
		losses lstm normalization operation optimizers pooling recurrent schedules text training windows

notebooks: $(INSTALLED)  ## execute the chapters and store their outputs
	@$(BIN)/python -m publish.notebooks

bench: $(INSTALLED)  ## time the operations beside PyTorch (to be installed first)
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/run.py --one-thread

lab: $(INSTALLED)  ## open the chapters in JupyterLab
	$(BIN)/jupyter lab book

serve: book  ## show the built book at http://localhost:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

clean:  ## remove everything that was built, but not what was installed
	rm -rf _build .pytest_cache .ruff_cache

$(INSTALLED): requirements.txt constraints.txt pyproject.toml package.json package-lock.json publish/lite.txt tools/install.py
	@$(PYTHON) tools/install.py

# An environment works only in the folder in which it was made, and `installed` names that folder.
ifneq ($(shell cat $(INSTALLED) 2>/dev/null),$(CURDIR))
.PHONY: $(INSTALLED)
endif
