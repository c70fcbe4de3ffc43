# SEN Support. `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: help setup setup-dev up demo token sen test faults images-test load bench bench-beside lint format docs manifests lint-deploy lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

setup: ## install what `make up` needs (make up does it by itself)
	@PYTHON=$(PYTHON) deploy/local/setup.sh local

setup-dev: ## install what the tests and linters need besides (make test does it by itself)
	@PYTHON=$(PYTHON) deploy/local/setup.sh dev

up: setup ## run the whole system here until Ctrl-C
	@exec $(PY) -m deploy.local.up

demo: setup ## walk one family through the running system (starts it when it is not running)
	@exec $(PY) -m deploy.local.demo

token: ## print a token: make token ROLE=senco SETTING=<id> (or SERVICE=<id>, SUBJECT=<id>)
	@$(PY) -m deploy.local.token --role "$(ROLE)" $(if $(SETTING),--setting $(SETTING)) \
		$(if $(SERVICE),--service $(SERVICE)) $(if $(SUBJECT),--subject $(SUBJECT))

sen: ## an operator's command on the running system: make sen DO="dead list plans"
	@eval "$$($(PY) -c 'import json; s = json.load(open(".local/stack.json")); \
		print("export SEN_AMQP_URL=%(amqp_url)s SEN_MONGODB_URL=\"%(mongodb_url)s\" " \
		"SEN_RABBITMQ_API_URL=%(rabbitmq_api_url)s" % s)')"; \
		$(PY) -m shared.sen $(DO)

test: setup-dev lint ## run every test, the linters first (BROKER=4: on a later Debian's RabbitMQ)
	@[ "$(BROKER)" != 4 ] || deploy/local/rabbitmq_4.sh
	@BROKER=$(BROKER) $(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

images-test: setup-dev ## build the images with buildah over a base of debootstrap, run the system from them (root)
	@deploy/local/packages.sh buildah debootstrap
	@$(PY) -m deploy.local.images

faults: setup-dev ## the long run of faults: 15 minutes, three of MongoDB and of RabbitMQ (ARGS="--seed 7")
	@$(PY) -m tests.faults.run $(ARGS)

load: setup-dev ## a council's term-end week in a minute, by locust (ARGS="--users 120 --seconds 300")
	@$(PY) -m tests.load.run $(ARGS)

bench: setup-dev .venv-peers/installed ## measure side by side; kept in docs/benchmarks.md
	@$(PY) -m tests.bench.run $(ARGS)

bench-beside: setup-dev ## the bench's rows beside an earlier commit's, in one run (REV=<commit> ARGS="--rounds 3")
	@$(PY) -m tests.bench.beside $(REV) $(ARGS)

.venv-peers/installed: requirements/peers.txt
	@echo "bench: the peers, in an environment of their own"
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

lint: setup-dev ## ruff, mypy, import-linter
	@echo "lint: ruff, mypy --strict, import-linter"
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy --strict shared $(foreach s,plans reviews referrals notifications,services/$(s)/domain)
	@.venv/bin/mypy services deploy
	@.venv/bin/lint-imports

format: setup-dev ## let ruff format and mend
	@.venv/bin/ruff check --fix -q .
	@.venv/bin/ruff format -q .

docs: setup-dev ## write the event catalogue, the API reference and the broker's definitions anew
	@$(PY) -m docs.generate

manifests: ## render deploy/kubernetes's overlays (needs kubectl 1.27 or newer)
	@for at in overlays/dev overlays/production servers; do kubectl kustomize deploy/kubernetes/$$at \
		> deploy/kubernetes/rendered/$${at##*/}.yaml; done

lint-deploy: setup-dev ## a policy scan of the manifests and the Dockerfile (checkov, in an environment of its own)
	@[ -x .venv-checkov/bin/checkov ] || { echo "lint-deploy: checkov"; $(PYTHON) -m venv .venv-checkov; \
		.venv-checkov/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/checkov.txt; }
	@.venv-checkov/bin/checkov --config-file deploy/checkov.yaml
	@.venv-checkov/bin/checkov -f deploy/Dockerfile --framework dockerfile --compact --quiet --skip-download \
		--skip-check CKV_DOCKER_7 # the base is an argument

lock: ## compile requirements/*.in to hash-locked *.txt
	@for name in base local dev peers checkov; do .venv/bin/uv pip compile -q --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url requirements/$$name.in -o requirements/$$name.txt; done

clean: ## remove the data of `make up`
	@rm -rf .local
