# Everything here is a command a person could type; `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Arguments for the program, e.g. make demo ARGS="--headless --for-secs 90 --summary demo.json"
ARGS ?=
# The review page is embedded where there is one to embed.
PAGE := $(if $(wildcard console/package.json),--features console)

# Where set-up puts what the machine lacks. Both are harmless while they do not exist.
export PATH := $(CURDIR)/.build/node/bin:$(PATH)
export ORT_DYLIB_PATH ?= $(CURDIR)/.build/onnxruntime/libonnxruntime.so

# .cargo/config.toml names OpenCV's folders on x86-64, and the environment goes before it. Set only
# elsewhere: on x86-64 a second spelling would rebuild the bindings whenever make and cargo alternate.
MACHINE := $(shell uname -m)
ifneq ($(MACHINE),x86_64)
export OPENCV_LINK_PATHS := /usr/lib/$(MACHINE)-linux-gnu
export OPENCV_INCLUDE_PATHS := /usr/include/opencv4,/usr/include/$(MACHINE)-linux-gnu/opencv4
endif

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: demo
demo: ## Set up, build, and run cameras, edge, hub and review page on this machine (ARGS="--headless --for-secs 90 --summary FILE")
	@packaging/setup.sh demo $(PAGE)
	cargo run --quiet --release --locked $(PAGE) -- demo $(ARGS)

.PHONY: test
test: ## Set up and run every test: format, lints, each feature set alone, the console, the scorer
	@packaging/setup.sh test
	cargo fmt --check
	PYTHONPATH=tests .build/score/bin/python -m pytest -q -p no:cacheprovider tests/score
	.build/score/bin/python -m pytest -q -p no:cacheprovider models/training/tests
	cargo test --locked --no-default-features
	cargo clippy --locked --all-targets $(PAGE) -- -D warnings
	cargo check --locked --no-default-features --features edge
	cargo check --locked --no-default-features --features hub
	$(if $(PAGE),npm --prefix console test)
	cargo test --locked $(PAGE)
	tests/postgres.sh cargo test --locked $(PAGE) --lib hub::

.PHONY: check-deny
check-deny: ## Licences, advisories, bans and sources of the dependencies (needs cargo-deny)
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is not installed: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo deny --all-features check

.PHONY: train
train: ## Train, export, measure and describe the default detector (models/training/README.md; ARGS="fit export --data DIR" on your own data)
	models/training/train.sh $(ARGS)

.PHONY: measure
measure: ## Print the figures of the default detector's card (models/street-nano.md)
	models/training/train.sh measure $(ARGS)

.PHONY: eval
eval: ## Score the program on every clip and data set that is here, write docs/scores.md (tests/score/README.md)
	@packaging/setup.sh eval
	cargo build --release --locked
	PYTHONPATH=tests nice -n 19 .build/score/bin/python -m score all --program "cargo run --quiet --release --locked --" $(ARGS)

.PHONY: bench
bench: ## Measure this machine: cost of a frame, memory, latency, single functions (docs/performance.md; ARGS="--bench latency" for one)
	@packaging/setup.sh demo $(PAGE)
	cargo bench --quiet --locked $(PAGE) $(if $(ARGS),$(ARGS),--bench '*')

.PHONY: face-model
face-model: ## Fetch the network that finds faces for the masks (docs/privacy.md) to .build/face/centerface.onnx
	@packaging/setup.sh faces

.PHONY: gpu-smoke
gpu-smoke: ## Run the detector through TensorRT, CUDA and CPU, in that order, and say what was really used
	@packaging/setup.sh gpu
	gst-launch-1.0 -q filesrc location=tests/scenes/street.mp4 ! decodebin ! videoconvert ! jpegenc snapshot=true ! filesink location=.build/gpu-smoke.jpg
	ORT_DYLIB_PATH=$(CURDIR)/.build/onnxruntime-gpu/libonnxruntime.so \
	LD_LIBRARY_PATH=$(CURDIR)/.build/onnxruntime-gpu$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH} \
	cargo run --release --locked -- detect --model models/street-nano.toml --providers tensorrt,cuda,cpu --json $(ARGS) --out .build/gpu-smoke.json .build/gpu-smoke.jpg

.PHONY: clean
clean: ## Remove what was built here; downloads stay in ~/.cache/gridwarden
	rm -rf .build console/node_modules console/dist
	cargo clean
