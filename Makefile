# Every word of the house; `make` alone prints them. ARGS="..." goes on to the program behind the word,
# PYTHON=/path/to/python3.12 chooses the interpreter for .venv.

PYTHON ?=
ARGS ?=
export PYTHON

# Images for containers set this. Without bytecode each of the hundreds of processes that the tests start would compile
# a thousand modules for itself.
unexport PYTHONDONTWRITEBYTECODE

# A stamp is made anew when one of these changes; the interpreter is in its name, so that naming another one counts as
# a change too. A warm start does nothing but look at the clock times of these files.
INPUTS := pyproject.toml requirements.lock locks/setup.lock locks/node.lock package.json package-lock.json hatch_build.py scripts/set-up
WHICH := $(subst /,_,$(PYTHON))
SOURCES := $(shell find fedistream/static/js fedistream/static/css -type f) fedistream/static/bundles.json scripts/bundle.mjs
BUNDLES := fedistream/static/bundles/manifest.json
RUN := .venv/.set-up-run-$(WHICH)
TEST := .venv/.set-up-test-$(WHICH)

.PHONY: help run test test-quick test-libraries mutate lint format bench lock what-happens package-check clean

help:  ## print these words
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

run: $(RUN) $(BUNDLES)  ## set up, then start the node: make run ARGS="--port 8081"
	@exec .venv/bin/fedistream serve $(ARGS)

test: $(TEST) $(BUNDLES)  ## set up, then run the tests with coverage: make test ARGS="-k playlist"
	@scripts/debian-packages
	@scripts/test $(ARGS)

test-quick: $(TEST)  ## run what needs no browser, no PostgreSQL and no other node, without coverage: a minute and a half
	@scripts/test --quick $(ARGS)

test-libraries: $(TEST)  ## run the tests of activitypub and media without the node; "make test" does so too
	@scripts/test --libraries $(ARGS)

mutate: $(TEST)  ## list mistakes in the core modules that no test of theirs notices; takes half an hour
	@.venv/bin/python scripts/mutate.py $(ARGS)

lint: $(TEST)  ## ruff (rules and format), mypy --strict, tsc, hadolint (Dockerfile)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@PATH="$$PATH:.venv/bin" node_modules/.bin/tsc
	@.venv/bin/hadolint Dockerfile

format: $(TEST)  ## let ruff put the files into shape
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: $(TEST)  ## measure, beside the programs we compare ourselves with
	@scripts/debian-packages
	@.venv/bin/python -m benchmarks $(ARGS)

lock: $(TEST)  ## write the lock files anew from pyproject.toml: make lock ARGS=--upgrade
	@scripts/lock $(ARGS)

what-happens: $(TEST)  ## print who acts on which fact, and what is done by time
	@.venv/bin/python scripts/what_happens.py $(ARGS)

package-check: $(TEST)  ## build wheel and sdist, install the wheel elsewhere and start it
	@.venv/bin/python scripts/package_check.py

clean:  ## remove everything that was made, but no node's data
	rm -rf .venv node_modules fedistream/static/vendor fedistream/static/bundles build dist .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .peers

$(RUN): $(INPUTS)
	@scripts/set-up run
	@touch $@

$(TEST): $(INPUTS) locks/test.lock
	@scripts/set-up test
	@touch $@ $(RUN)

$(BUNDLES): $(SOURCES) | $(RUN)
	@.venv/bin/python hatch_build.py
	@touch $@
