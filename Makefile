# What a change goes through before it is proposed; `make help` lists it all.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c

# The checking tools have a module file of their own (.ci/tools.mod). A
# workspace around the checkout would refuse it, hence GOWORK=off.
TOOL := GOWORK=off go tool -modfile=.ci/tools.mod

# Vetted with the constraints of each system that labbook promises to build on.
PLATFORMS := linux/amd64 linux/arm64 linux/386 darwin/amd64 darwin/arm64 windows/amd64

# The systems whose files (_windows.go, _darwin.go) are linted as well.
LINTED := linux darwin windows

STEPS := format vet lint tidy generate race

ROWS     ?=
RUN      ?=
BENCH    ?= .
COUNT    ?= 5
FUZZTIME ?= 60s
PKG      ?= ./...

.PHONY: help check test bench microbench misses fuzz screenshots tools $(STEPS)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## everything that must hold before a change is merged, timed step by step
	@for step in $(STEPS); do \
		start=$$SECONDS; echo "== $$step"; \
		$(MAKE) --no-print-directory $$step; \
		echo "== $$step took $$((SECONDS - start)) s"; \
	done

test: ## the tests of every package
	go test $(PKG)

format: ## fail when gofumpt would change a file
	@$(TOOL) gofumpt -d . || { echo "run: $(TOOL) gofumpt -w ." >&2; exit 1; }

vet: ## go vet, for every promised system
	@for platform in $(PLATFORMS); do \
		echo "$$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 go vet ./...; \
	done

# The linter is run by its path: `go tool` would build it for the GOOS asked for.
# Its cache does not know which GOOS a finding is for, so each has its own.
lint: ## golangci-lint, with the files of every linted system
	@linter=$$($(TOOL) -n golangci-lint); \
	cache=$$(go env GOCACHE)/golangci-lint; \
	for system in $(LINTED); do \
		echo "$$system"; \
		GOOS=$$system CGO_ENABLED=0 GOLANGCI_LINT_CACHE=$$cache-$$system "$$linter" run; \
	done

tidy: ## fail when go.mod or go.sum is not what the imports ask for
	go mod tidy -diff

generate: ## fail when a generated file is not what its generator writes
	@if ! grep -rq --include='*.go' '^//go:generate ' .; then \
		echo "nothing is generated"; exit 0; \
	fi; \
	before=$$(git status --porcelain; git diff); \
	go generate ./...; \
	after=$$(git status --porcelain; git diff); \
	if [[ $$before != "$$after" ]]; then \
		diff <(echo "$$before") <(echo "$$after") || true; \
		echo "generated files were stale: commit what go generate wrote"; exit 1; \
	fi

# What tests/ runs are programs that are built without the detector: it would see
# nothing there that `make test` has not.
race: ## the tests under the race detector, which needs a C compiler
	@cc=$$(go env CC); \
	if command -v "$${cc%% *}" >/dev/null; then \
		packages=$$(go list $(PKG) | grep -v '^labbook/tests' || true); \
		echo "go test -race -short, without labbook/tests"; CGO_ENABLED=1 go test -race -short $$packages; \
	else \
		echo "NOTICE: no C compiler ($$cc), so the race detector is left out"; \
		go test $(PKG); \
	fi

tools: ## build the checking tools (else the first step that uses one does)
	@$(TOOL) gofumpt -version
	@$(TOOL) golangci-lint version --short

bench: ## what the main jobs take, beside joblib and the machine's limits (ROWS=regexp BENCHFLAGS=-json)
	@go run ./tests/bench -run '$(ROWS)' $(BENCHFLAGS)

microbench: ## all benchmarks, kept in tests/bench/latest.txt (BENCH=regexp COUNT=n PKG=./cache)
	@mkdir -p tests/bench
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count=$(COUNT) $(PKG) | tee tests/bench/latest.txt

# In its folder, since go test prints what a test prints only there.
misses: ## how well labbook why-miss explains the situations of tests/misses (RUN=misses/rows)
	@cd tests/misses && go test -count=1 -run '^TestMisses$$/$(RUN)' -table

fuzz: ## every fuzz target for FUZZTIME (60s) each (PKG=./cache/store)
	@targets=$$(go test -list '^Fuzz' $(PKG) | awk '\
		/^Fuzz/ { names[++n] = $$1 } \
		/^ok/   { for (i = 1; i <= n; i++) print $$2, names[i]; n = 0 }'); \
	while read -r package name; do \
		[[ -n $$name ]] || continue; \
		echo "== $$package $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
	done <<<"$$targets"

screenshots: ## draw the explorer's pages anew into screenshots/
	go run ./screenshots
