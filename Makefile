# `make run` serves, `make test` proves. The rest is for people who work on hotro.
CARGO ?= cargo
# Not `--all-targets`, which builds the programs for load and simulation a second time, as tests with nothing in them.
SHAPE = --workspace --bins --tests
# Most of them wait for a server, a browser or a database more than they calculate.
TEST_THREADS ?= 3

.PHONY: run test check fmt train eval compare scale load nodes chaos fuzz simulation race broadcast identity places migrate sbom deny traces needs

run:
	$(CARGO) build --release --package hotro
	./target/release/hotro records demo
	./target/release/hotro serve

# What `cargo clippy -- --deny warnings` tells its driver. As the compiler of a build it checks what it builds: `cargo clippy` beside a build
# would read 400 libraries a second time, for a third of the time that a clean clone may take. Only for the tests; releases are rustc's.
LINTED = CLIPPY_ARGS=--deny__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__ RUSTC_WORKSPACE_WRAPPER=clippy-driver

# The build is a step of its own: `cargo test` makes no program that only another package's tests run.
test: needs
	$(CARGO) fmt --all --check
	$(LINTED) $(CARGO) build $(SHAPE)
	$(LINTED) RUST_TEST_THREADS=$(TEST_THREADS) $(CARGO) test --workspace --tests

# What the tests need from Debian, when it is missing.
needs:
	./.ci/needs

check:
	$(CARGO) run --package hotro -- check

fmt:
	$(CARGO) fmt --all

# Trains the network and fits the weights anew: after the content has changed. A test fails until it is done.
REAL ?= ../shared/eval/questions-train.tsv
train:
	$(CARGO) run --release --package hotro -- train --real $(REAL)
	$(CARGO) run --release --package hotro -- fit --real $(REAL)

# Figures on labelled questions: make eval FILE=questions.tsv
eval:
	$(CARGO) run --release --package hotro -- eval $(or $(FILE),$(error make eval FILE=questions.tsv))

# hotro against SQLite, PostgreSQL and tantivy: make compare FILE=questions.tsv
compare:
	$(CARGO) run --release --package tests --bin compare --features compare -- $(FILE)

# What 10,000 generated topics cost beside the embedded ones; FILE=questions.tsv asks those too.
scale:
	$(CARGO) run --release --package tests --bin scale -- $(FILE)

# Turns per second, latency, memory, kill -9: about a minute, on loopback. Then a full waiting room at the desk.
load:
	$(CARGO) build --release --workspace
	./target/release/load
	./target/release/load --desk 50 --seconds 30

# A thousand days at the operators' desk, every rule checked at every step. SEED=n make simulation replays one of them.
simulation:
	$(CARGO) build --release --workspace
	./target/release/simulation

# 100,000 claims race for 1,000 handoffs on two nodes, on SQLite and on PostgreSQL: none is claimed twice.
race:
	$(CARGO) build --release --workspace
	./target/release/race

# News to 20,000 followers through a Bot API of our own, at Telegram's pace, killed three times: about 12 minutes.
broadcast:
	$(CARGO) build --release --workspace
	./target/release/broadcast

# What the secure form gives away by its time (2,000 attempts of each kind, on both databases), a million contribution rows imported, and
# lookups among them: about 20 minutes. ATTEMPTS=50 ROWS=20000 for a quick look.
identity:
	$(CARGO) build --release --workspace
	./target/release/identity

# 1,000,000 events from SQLite to PostgreSQL and back, into a backup and out of it: some minutes.
migrate:
	$(CARGO) build --release --workspace
	./target/release/migrate

# Licences, banned and doubled libraries, where they come from; and advisories, which needs the network and `cargo install cargo-deny`.
deny:
	cargo deny check

# The program with spans for a collector, and their tests.
traces:
	$(CARGO) build --workspace --bins --features tests/opentelemetry
	$(CARGO) test --workspace --test all --features tests/opentelemetry traces::

# The parts of the program with versions, licences and checksums, as CycloneDX.
sbom:
	@./.ci/sbom

# 100,000 places: how fast, how large; and the import of a folder of lists, twice: PLACES=../shared/places make places
PLACES ?=
places:
	$(CARGO) build --release --workspace
	./target/release/places $(if $(PLACES),--lists $(PLACES))

# Every parser of bytes from outside under libFuzzer: JOBS=2 SECONDS_EACH=1800 TARGETS="feed page" make fuzz. KEEP=1 keeps what reached new code.
fuzz:
	./tests/fuzz/run

# Half an hour of trouble for three nodes on one PostgreSQL, and a checker: ARGS="--seconds 60 --seed 2" make chaos. Needs libfaketime.
chaos:
	$(CARGO) build --release --workspace
	./target/release/chaos $(ARGS)

# 1, 2 and 4 nodes on one PostgreSQL, SQLite beside them; the end by SIGTERM; three times too much; an upgrade under load.
nodes:
	$(CARGO) build --release --workspace
	./target/release/load --nodes 1,2,4
	./target/release/load --drain
	./target/release/load --overload 3
	./target/release/load --rolling ./target/release/hotro
