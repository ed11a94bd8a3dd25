# make help          this list
# make demo          set up, build for release, run one campaign over every channel and prove its ledger
# make test          set up and run every test
# make run           serve on 127.0.0.1:8080 with a development configuration in dev/
# make build         build for release: .build/release/clairon
# make fuzz          libFuzzer on everything that takes bytes from strangers: 60 s a target, or FUZZ_SECONDS=…
# make sanitize      the whole suite under ThreadSanitizer and AddressSanitizer
# make crash         kill the server hundreds of times, at random and at every failpoint, and judge its ledger; CRASH="--seed 7" repeats a run
# make check-layers  build with undeclared imports as errors
# make bench-delivery  messages a second beside a bare C loop, OpenSSL and PyPI's libraries; BENCH="--pairs 1 --subscriptions 100000" is shorter
# make bench-rate    whether configured rates of 50, 500 and 5,000 a second hold, measured at the provider
# make bench-slow    4,000 slow connections in each mode of slowhttptest beside wrk, and 10,000 idle ones
# make bench-overtake  from POST /v1/messages to the provider: idle, and while a campaign leaves at full speed
# make bench-http      requests and import lines beside nginx, Hummingbird and sqlite3, side by side; BENCH="--pairs 3 --lines 200000" is shorter
# make bench-json      a registration parsed beside JSONDecoder and orjson
# make soak          100,000 generated requests against the contract (schemathesis)
# make clean         remove what was built

SHELL := /bin/bash
.DEFAULT_GOAL := help
# One binary deploys: the Swift runtime is linked in. An import that Package.swift does not list is an error.
LAYERS  := --explicit-target-dependency-import-check error
RELEASE := swift build -c release --product clairon --static-swift-stdlib $(LAYERS)
CLAIRON := .build/release/clairon
NEIGHBOUR := Benchmarks/hummingbird-hello

.PHONY: help setup build demo run test fuzz sanitize crash soak check-layers bench-delivery bench-http bench-json bench-rate bench-slow clean bench-overtake

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup:
	@scripts/setup

build: setup
	$(RELEASE)

demo: build
	$(CLAIRON) demo --exit

run: build
	scripts/run-dev $(CLAIRON)

test:
	@scripts/setup --tests
	$(RELEASE)
	swift build --build-tests $(LAYERS)
# One at a time: tests with real sockets and processes block the two threads that a two-core machine gives to Swift's tasks.
	CLAIRON_BINARY=$(CURDIR)/$(CLAIRON) swift test --skip-build --no-parallel $(TEST)
	scripts/fuzz --seconds 10

fuzz: setup
	scripts/fuzz --seconds $(or $(FUZZ_SECONDS),60)

sanitize:
	@scripts/setup --tests
	scripts/sanitize

crash: build
	@scripts/setup --tests
	swift build $(LAYERS)
	Tests/Crash/crash --release $(CLAIRON) --debug .build/debug/clairon $(CRASH)

check-layers: setup
	swift build --build-tests $(LAYERS)

bench-delivery: build
	@scripts/setup --bench
	swift build -c release --product delivery-parts --static-swift-stdlib $(LAYERS)
	clang -O2 -o .build/transport Benchmarks/delivery/transport.c -lcurl
	@[ -x .build/libraries/bin/python ] || { python3 -m venv .build/libraries && \
		.build/libraries/bin/pip install --quiet --disable-pip-version-check aioapns==4.0 firebase-admin==7.7.0 pywebpush==2.5.0; }
	Benchmarks/delivery/bench $(CLAIRON) .build/release/delivery-parts .build/transport .build/libraries/bin/python $(BENCH)

bench-rate: build
	Benchmarks/rate $(CLAIRON)

bench-overtake: build
	Benchmarks/overtake $(CLAIRON) $(BENCH)

bench-slow: build
	@scripts/setup --tests
	ulimit -n $$(ulimit -Hn) && Benchmarks/slow $(CLAIRON)

bench-http: build
	@scripts/setup --bench
	swift build -c release --package-path $(NEIGHBOUR)
	Benchmarks/http $(CLAIRON) --hummingbird $(NEIGHBOUR)/.build/release/hello $(BENCH)

bench-json: setup
	swift build -c release --product registration-parse --static-swift-stdlib $(LAYERS)
	@[ -x .build/orjson/bin/python ] || { python3 -m venv .build/orjson && .build/orjson/bin/pip install --quiet --disable-pip-version-check orjson==3.13.0; }
	.build/orjson/bin/python Benchmarks/json .build/release/registration-parse

soak: build
	@scripts/setup --tests
	scripts/judge-contract $(CLAIRON) 100000 1

clean:
	rm -rf .build .build-* $(NEIGHBOUR)/.build dev
