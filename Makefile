# The commands of CONTRIBUTING.md. Everything that is built or installed goes below cargo's target directory.

# A terminal shows cargo's progress; CI sets its own target directory outside the checkout.
TARGET := $(shell cargo metadata --no-deps --format-version 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
TOOLS := $(TARGET)/tools
VENV := $(TOOLS)/venv
TYPOS_VERSION := 1.52.0
DENY_VERSION := 0.20.2
DEMO_FLAGS ?=

.PHONY: demo test mutants soak lint fmt bench regen audit tools venv

demo:
	cargo run --release --bin cubeflight -- demo $(DEMO_FLAGS)

test: venv
	VENV=$(VENV) TARGET=$(TARGET) tests/run

mutants:
	TARGET=$(TARGET) tests/mutants

soak: venv
	VENV=$(VENV) TARGET=$(TARGET) tests/soak

bench:
	cargo run --release -p bench

fmt:
	cargo fmt --all

lint: tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	$(TOOLS)/bin/cargo-deny --log-level error check bans licenses sources
	$(VENV)/bin/typos
	gofmt -l tests/clients/go >$(TOOLS)/gofmt && ! grep . $(TOOLS)/gofmt
	cargo run --locked -p protos -- --check

regen:
	cargo run --locked -p protos

audit: tools
	$(TOOLS)/bin/cargo-deny check advisories

tools: venv $(TOOLS)/bin/cargo-deny-$(DENY_VERSION)

$(TOOLS)/bin/cargo-deny-$(DENY_VERSION):
	cargo install cargo-deny --version $(DENY_VERSION) --locked --quiet --root $(TOOLS)
	touch $@

# The stamp is the pinned list itself, so that a changed pin is installed again.
venv: $(VENV)/requirements.txt

$(VENV)/requirements.txt: tests/clients/requirements.txt Makefile
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check typos==$(TYPOS_VERSION) -r tests/clients/requirements.txt
	cp tests/clients/requirements.txt $@
