# make demo: the whole pipeline on a bundled portal. make test: every check of the project.
# Both set up .venv from a lock file; PYTHON names the interpreter to make it with (3.11 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint accuracy zoo zoo-nights bench-parse bench-crawl bench-warehouse bench-site bench-flows cluster soak codebook pictures clean

demo: $(VENV)/runtime.stamp
	$(BIN)/nianbao demo

test: lint
	$(BIN)/pytest

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis

# The lock names every package: resolving again could only stumble over what was released since. `pip check` tells
# whether it is whole.
define install
	$(BIN)/pip install --quiet --no-deps --require-hashes -r $(1)
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/pip check
endef

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/python.stamp
	$(call install,requirements.lock)
	touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/python.stamp
	$(call install,requirements-dev.lock)
	touch $@ $(VENV)/runtime.stamp

# The parsers against the truth, over generated and real documents: a table; fails if a number is silently wrong.
accuracy: $(VENV)/dev.stamp
	$(BIN)/python -m tests.accuracy

# The crawler against simulated portals of every family, on loopback: a table; fails if a target is missed.
zoo: $(VENV)/dev.stamp
	$(BIN)/python -m tests.portal

# Night after night at the simulated portals: what a quiet night costs, and whether a day's changes are noticed.
zoo-nights: $(VENV)/dev.stamp
	$(BIN)/python -m tests.portal.nights

# What crawling costs, as a ratio to a bare Scrapy spider that follows the same links, and 250 hosts at once.
bench-crawl: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.crawl

# What parsing costs, as ratios to bare table extraction on the same documents.
bench-parse: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.parse

# What publishing and reading a generated national year costs, as ratios to bare pyarrow on the same rows.
bench-warehouse: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.warehouse

# What rendering a national year costs, whole and the night after. REPORTS=15000 takes a tenth.
bench-site: $(VENV)/dev.stamp
	REPORTS=$(REPORTS) $(BIN)/python -m benchmarks.site

# The pictures of README, from the demo's site; needs Chromium.
pictures: $(VENV)/dev.stamp
	rm -rf build/pictures
	$(BIN)/nianbao demo --home build/pictures
	$(BIN)/python -m tests.site.pictures build/pictures/site docs/images

# PostgreSQL, a bucket, a Prefect server and two workers on loopback; one worker is lost in the middle of a run.
cluster: $(VENV)/dev.stamp
	$(BIN)/python -m tests.cluster

# What the flows cost: seconds of a rerun, CPU of an idle night as a ratio to bare Scrapy on the same pages.
bench-flows: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.flows

# Thirty simulated nights with changes, faults and kills: the dataset must be what the portals hold at the end.
soak: $(VENV)/dev.stamp
	$(BIN)/python -m tests.soak

# The codebook as it stands in every dataset, for readers of this repository.
codebook: $(VENV)/runtime.stamp
	$(BIN)/python -c "from pathlib import Path; from warehouse.codebook import write_documents as write; write(Path('docs/dataset'))"
