include .ci/versions

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
FUZZTIME ?= 30s

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## try Herald out, with a Slack of its own
	go run . demo

.PHONY: test
test: ## run the tests
	go test ./...

.PHONY: test-race
test-race: ## run the tests under the race detector
	go test -race ./...

.PHONY: lint
lint: ## find mistakes, forbidden imports and bad form
	$(GOLANGCI) run

.PHONY: fmt
fmt: ## format the code
	$(GOLANGCI) fmt

.PHONY: fuzz
fuzz: ## feed the parsers odd input, each for FUZZTIME (30s)
	@grep -roE --include='*_test.go' '^func Fuzz\w+' . | sort | while IFS=: read -r file target; do \
		go test -run='^$$' -fuzz="^$${target#func }\$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
	done

.PHONY: bench
bench: ## measure; docs/benchmarks.md explains the figures
	go test -run='^$$' -bench='^Benchmark(Command|Idle)$$' -benchtime=30s -timeout=1h .
	go test -run='^$$' -bench='^Benchmark(Start|Removal)$$' -benchtime=5x -timeout=1h .
	go test -run='^$$' -bench='^Benchmark(Run|Reminders)$$' -benchtime=1x -timeout=1h .
	go test -run='^$$' -bench=. -benchmem -timeout=2h $$(go list ./... | grep -v '^herald$$')

.PHONY: check
check: ## do all that CI does
	.ci/run
