# make demo: the main job on the built-in simulator, no account needed.
# make test: everything that decides whether a change may land.

GO          ?= go
BIN         := bin/imgrename
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
FUZZTIME    ?= 10s
BENCHTIME   ?= 1s
PYTHON      ?= /usr/bin/python3
KILLS       ?= 10000
SEEDS       ?= 20000
STARTS      ?= 5000

.PHONY: build demo test lint bench bench-pace fuzz chaos conformance recipes browser nfs kubernetes dist dist-check clean

build: ## a static binary: it starts in half the time of a dynamic one
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o $(BIN) ./cmd/imgrename

demo: build ## plan and apply the sample manifest on simulated images
	@echo '$$ imgrename plan testdata/nightly.csv --simulate testdata/inventory.csv'
	@$(BIN) plan testdata/nightly.csv --simulate testdata/inventory.csv
	@echo
	@echo '$$ imgrename apply testdata/nightly.csv --simulate testdata/inventory.csv --yes --report bin/report.csv'
	@$(BIN) apply testdata/nightly.csv --simulate testdata/inventory.csv --yes --report bin/report.csv
	@echo
	@echo 'the report, bin/report.csv, begins with:'
	@head -n 4 bin/report.csv

test: ## all tests, with the race detector
	$(GO) test -race ./...

lint: ## formatting, vet, staticcheck, an untidy go.mod
	@out=$$($(GO) run $(GOFUMPT) -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofumpt: $$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff

bench: ## speed and allocations; figures are medians, ratios are of pairs; BENCHFLAGS=-short leaves out what takes minutes
	GOMEMLIMIT=1GiB $(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 60m $(BENCHFLAGS) ./...

bench-pace: ## the gate against nine kinds of quota and four other laws, and 500 lanes at once, in virtual time
	$(GO) test -count=1 -v -run '^(TestBars|TestSharedQuota)$$' ./batch/pace -args -seeds 50 -table
	$(GO) test -count=1 -v -run '^TestLanesStayBusy$$' ./batch -args -lanes 500

# A run that ends while a worker is busy may fail with nothing but "context
# deadline exceeded", which is go test's own trouble: such a run is made again.
fuzz: ## each fuzz target in turn, for FUZZTIME
	@set -e; log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	try() { $(GO) test -run '^$$' -fuzz "^$$2\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$1" >"$$log" 2>&1; }; \
	for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			if ! try $$package $$target; then \
				if grep -q 'Failing input' "$$log" || ! grep -q '^    context deadline exceeded$$' "$$log"; then \
					cat "$$log"; exit 1; \
				fi; \
				echo "go test ended with \"context deadline exceeded\"; once more"; \
				try $$package $$target || { cat "$$log"; exit 1; }; \
			fi; \
			tail -n 3 "$$log"; \
		done; \
	done

chaos: ## kill -9 at any moment, many starts at once, seeded whole runs in virtual time
	$(GO) test -count=1 -timeout 60m -run '^TestKill$$' ./cmd/imgrename -args -kills $(KILLS)
	$(GO) test -count=1 -timeout 60m -run '^TestStarts$$' ./cmd/imgrename -args -starts $(STARTS)
	$(GO) test -count=1 -timeout 60m -run '^TestChaos$$' ./batch -args -seeds $(SEEDS)

conformance: build ## other clients, unchanged, against the simulator: JavaScript, Go, and Python by Debian's python3-libcloud
	cd testdata/conformance && npm ci --no-audit --no-fund
	TEST_CONFORMANCE=1 $(GO) test -v -count=1 -run Conformance ./batch/ecs/ecssim
	cd testdata/conformance/gosdk && $(GO) test -v -count=1 ./...
	$(PYTHON) testdata/conformance/run_libcloud.py $(BIN)

nfs: build ## two hosts that share a state folder on a real NFS server, in a virtual machine; for releases: root, qemu, debootstrap, 3 minutes
	testdata/nfs/run $(BIN)

recipes: ## what an API server of Kubernetes says of the recipe that help prints, by its own code
	cd testdata/recipes && $(GO) vet . && $(GO) test -count=1 .

CONTROL := $(CURDIR)/bin/kubernetes

kubernetes: build ## the recipe on a real control plane, built from its modules, with stand-in nodes; for releases: root, 15 minutes the first time, 6 later
	mkdir -p $(CONTROL)
	cd testdata/recipes && CGO_ENABLED=0 $(GO) build -ldflags '-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2' -o $(CONTROL)/ \
		k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kube-scheduler
	cd testdata/recipes && CGO_ENABLED=0 $(GO) build -ldflags '-s -w' -o $(CONTROL)/etcd go.etcd.io/etcd/server/v3
	cp $(BIN) $(CONTROL)/
	cd testdata/recipes && $(GO) vet ./... && TEST_KUBERNETES=$(CONTROL) $(GO) test -v -count=1 -timeout 30m ./cluster

browser: ## the pages of a review in a real browser; needs chromium; prints what a key of the filter takes over 20,000 rows
	@command -v chromium >/dev/null || { echo "chromium is missing: install Debian's package"; exit 1; }
	cd testdata/browser && npm ci --no-audit --no-fund
	cd testdata/browser && $(GO) vet ./... && $(GO) test -v -count=1 -bench . -benchtime 3x ./...

DATE = $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

dist: ## what is handed out for a version: static binaries, deb, rpm, OCI images, lists of modules, checksums
	rm -rf dist
	$(GO) run ./cmd/dist -o dist -version $(VERSION) -date $(DATE)

dist-check: ## the same twice, from two folders, with equal sums; then install, use and remove it; for releases: root, a host to throw away
	rm -rf dist && set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	for n in 1 2; do \
		mkdir "$$work/$$n" && git archive HEAD | tar -x -C "$$work/$$n"; \
		(cd "$$work/$$n" && $(GO) run ./cmd/dist -o dist -version $(VERSION) -date $(DATE)); \
	done; \
	diff "$$work/1/dist/SHA256SUMS" "$$work/2/dist/SHA256SUMS"; \
	mv "$$work/1/dist" dist
	for arch in amd64 arm64; do rpm -qlp dist/imgrename-linux-$$arch.rpm | grep -q '^/usr/bin/imgrename$$'; done
	testdata/dist/check dist

clean:
	rm -rf bin dist
