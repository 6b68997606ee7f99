# What one does with this repository. "make" lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The race detector makes code at least ten times slower: RACE has only packages with concurrency.
RACE := ./core/internal/store/sqlite ./core/internal/store/postgres ./core/change ./core/collection ./core/hook ./core/record ./internal/password ./core/settings ./core/internal/removal ./auth ./realtime/... ./api/... ./internal/metrics ./internal/request ./internal/wire

# Packages that use the store: their tests must pass on SQLite and on PostgreSQL.
ENGINES := ./core/backup ./core/change ./core/collection ./core/insight ./core/pocketbase ./core/internal/query ./core/record ./core/settings ./core/sqlrun ./core/internal/removal ./auth ./realtime/... ./api/... ./internal/metrics

# The binary under test (see internal/testbinary). It is compiled with the same flags as the Go
# tests, so that the compiled packages are shared: SQLite alone takes minutes to compile.
export LOAM_BIN := $(CURDIR)/.build/loam

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

.PHONY: dist
dist: ## Build what is published of a version, in ./dist: archives, checksums, bill of materials
	go run ./deploy/release -out dist -sbom .build/bin/cyclonedx-gomod

.PHONY: dist-check
dist-check: ## Build a release twice, in other folders and without what is compiled already, and compare
	@work=$$(mktemp -d); trap 'chmod -R u+w "$$work"; rm -rf "$$work"' EXIT; \
	git clone -q . "$$work/one"; git clone -q . "$$work/two"; \
	for n in one two; do \
		(cd "$$work/$$n" && GOCACHE="$$work/cache-$$n" go run ./deploy/release -out "$$work/dist-$$n" \
			-targets $(or $(TARGETS),linux/amd64) -sbom '$(CURDIR)/.build/bin/cyclonedx-gomod'); \
	done; \
	diff -r "$$work/dist-one" "$$work/dist-two" && cat "$$work/dist-one/SHA256SUMS"

.PHONY: test
test: tools binary packages ## Run every check and test, installing what they need (Debian)
	@.ci/stages lint test-go test-race test-engines -- test-console test-js test-sdk test-postgres test-import test-atlas

.PHONY: test-go
test-go: packages ## Run the Go tests, with the seeds of the fuzz tests
	go test -vet=off ./...

.PHONY: test-race
test-race: ## Run the tests of what is concurrent under the race detector
	go test -vet=off -race -short $(RACE)

.PHONY: test-sdk
test-sdk: binary packages ## Drive the binary with the official JavaScript SDK, clients of GraphQL, and tools for its documents
	cd clients/pocketbase && npm test
	cd clients/graphql && npm test
	cd clients/openapi && npm test

.PHONY: test-js
test-js: binary packages ## Test the client for JavaScript; what is committed of it must be what is built
	cd sdk/js && npm run -s build && git diff --exit-code dist && npm test

.PHONY: test-console
test-console: binary packages ## Use the console in a browser; pictures of its pages go to admin/web/shots
	cd admin/web && npm test

.PHONY: test-import
test-import: binary packages ## The same on data folders that were imported from PocketBase
	cd clients/pocketbase && LOAM_TEST_IMPORT=1 npm test

.PHONY: test-atlas
test-atlas: binary packages ## Load the cities of the world and check the answers
	cd examples/atlas && npm test

.PHONY: test-engines
test-engines: ## Run the Go tests of what stands on the store on PostgreSQL, with fewer random cases
	go run ./internal/pgtest/with go test -vet=off -short $(ENGINES)

.PHONY: test-postgres
test-postgres: binary packages ## Drive the binary on PostgreSQL: the SDK's tests, clients of GraphQL, and the cities
	go run ./internal/pgtest/with bash -euo pipefail -c '\
		(cd clients/pocketbase && npm test); \
		(cd clients/graphql && npm test); \
		(cd examples/atlas && npm test)'

.PHONY: lint
# With a larger heap staticcheck takes a fifth less processor time.
lint: export GOGC := 400
lint: ## Check the format, vet, staticcheck, generated files
	@unformatted=$$(gofmt -l .); if [[ -n $$unformatted ]]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go generate ./admin && go tool templ generate -path examples/saas && git diff --exit-code -- 'admin/*_templ.go' 'examples/*_templ.go'

.PHONY: bench
bench: ## Run the Go benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: hostile hostile-pg
hostile: ## Attack the binary for MIXED (1h) with 50 clients beside 20 honest ones
hostile-pg: ## The same, on PostgreSQL
hostile-pg: WITH := go run ./internal/pgtest/with
hostile hostile-pg:
	$(WITH) go test -vet=off -timeout 0 -v -run 'TestHostile$$' ./api -hostile 10s -mixed $(or $(MIXED),1h) -clients 50 -honest 20 -rows 50000 -text 5000

.PHONY: atlas
atlas: examples/atlas/node_modules/.package-lock.json ## Load the cities of the world into the server at URL
	@cd examples/atlas && node load.mjs --url '$(URL)' --email '$(EMAIL)' --password '$(PASSWORD)'

.PHONY: tools
tools: ## Install the commands that tests need and the machine lacks (Debian)
	@.ci/tools

# The binary under test (see LOAM_BIN), and the example program whose console pages are tested.
.PHONY: binary
binary:
	@echo "go build (the first time this compiles SQLite: some silent minutes)"
	@go build -o $(LOAM_BIN) ./internal/testbinary
	@cd examples/console && go build -o $(CURDIR)/.build/console-example .

.PHONY: packages
packages: clients/pocketbase/node_modules/.package-lock.json clients/graphql/node_modules/.package-lock.json clients/openapi/node_modules/.package-lock.json admin/web/node_modules/.package-lock.json sdk/js/node_modules/.package-lock.json examples/atlas/node_modules/.package-lock.json

# npm writes this file last.
%/node_modules/.package-lock.json: %/package-lock.json %/package.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@
