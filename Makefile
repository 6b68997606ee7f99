# What one does with this repository. "make" says what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The race detector costs a factor of ten and more: it is for what is concurrent.
RACE := ./core/internal/store/sqlite ./core/internal/store/postgres ./core/change ./core/collection ./core/hook ./core/record ./core/password ./core/settings ./auth ./api/...

# What stands on the store: its tests hold on either engine.
ENGINES := ./core/change ./core/collection ./core/pocketbase ./core/internal/query ./core/record ./core/settings ./auth ./api/...

# Where "make atlas" finds the server.
URL ?= http://127.0.0.1:8090
EMAIL ?= root@example.com
PASSWORD ?= correct-horse

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: build
build: ## Build the binary ./loam, static and without cgo
	CGO_ENABLED=0 go build -trimpath -o loam .

.PHONY: test
test: tools lint test-go test-race test-sdk test-import test-atlas test-postgres ## Run every check and test, installing what they need (Debian)

.PHONY: test-go
test-go: clients/pocketbase/node_modules/.package-lock.json examples/atlas/node_modules/.package-lock.json ## Run the Go tests, with the seeds of the fuzz tests
	go test ./...

.PHONY: test-race
test-race: ## Run the tests of what is concurrent under the race detector
	go test -race -short $(RACE)

.PHONY: test-sdk
test-sdk: build clients/pocketbase/node_modules/.package-lock.json ## Drive the binary with the official JavaScript SDK
	cd clients/pocketbase && npm test

.PHONY: test-import
test-import: build clients/pocketbase/node_modules/.package-lock.json ## The same on data folders that were imported from PocketBase
	cd clients/pocketbase && LOAM_TEST_IMPORT=1 npm test

.PHONY: test-atlas
test-atlas: build examples/atlas/node_modules/.package-lock.json ## Load the cities of the world and check the answers
	cd examples/atlas && npm test

.PHONY: test-postgres
test-postgres: build clients/pocketbase/node_modules/.package-lock.json examples/atlas/node_modules/.package-lock.json ## Run the tests of services and clients on PostgreSQL too
	go run ./core/coretest/pgtest/with bash -euo pipefail -c '\
		go test $(ENGINES); \
		(cd clients/pocketbase && npm test); \
		(cd examples/atlas && npm test)'

.PHONY: lint
lint: ## Check the format, vet, staticcheck
	@unformatted=$$(gofmt -l .); if [[ -n $$unformatted ]]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

.PHONY: bench
bench: ## Run the Go benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: atlas
atlas: examples/atlas/node_modules/.package-lock.json ## Load the cities of the world into the server at URL
	@cd examples/atlas && node load.mjs --url '$(URL)' --email '$(EMAIL)' --password '$(PASSWORD)'

.PHONY: tools
tools: ## Install the commands that tests need and the machine lacks (Debian)
	@.ci/tools

# npm writes this file last.
%/node_modules/.package-lock.json: %/package-lock.json %/package.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@
