# Everything that a contributor runs. "make help" lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where state is shared between goroutines: the packages that run under -race.
RACE := ./core/store/sqlite/... ./core/record ./core/collection ./core/settings ./core/password ./auth ./api/...

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.PHONY: build
build: ## build the binary ./loam
	CGO_ENABLED=0 go build -trimpath -o loam .

.PHONY: test
test: tools lint test-go test-race test-clients test-atlas ## install what the tests need and run all of them

.PHONY: tools
tools: ## install what the tests need (Debian)
	@command -v sqlite3 >/dev/null || { apt-get update -q && apt-get install -y -q sqlite3; }

.PHONY: lint
lint: ## formatting, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

.PHONY: test-go
test-go: ## the Go tests
	go test ./...

.PHONY: test-race
test-race: ## the Go tests of what shares state, under the race detector
	go test -race -short $(RACE)

.PHONY: test-clients
test-clients: build ## the official PocketBase SDK against the binary
	cd clients/pocketbase && npm ci --no-audit --no-fund --silent && npm test

.PHONY: test-atlas
test-atlas: build ## load the atlas and check its answers against the source
	cd examples/atlas && npm ci --no-audit --no-fund --silent && npm test

.PHONY: bench
bench: ## the Go benchmarks of the hot paths
	go test -run '^$$' -bench . -benchmem ./core/... ./auth ./api/...
