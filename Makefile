# The commands of the house. Each installs what it needs.

SCALE ?= 1
DATABASE ?= platbook-data/city.sqlite
LISTEN ?= 127.0.0.1:7171
PLATBOOK = target/release/platbook

.PHONY: run build web test test-rust test-web e2e lint bench api clean

## run: build server and web, make the demo city if there is none, serve it
run: build
	$(PLATBOOK) demo --database $(DATABASE) --scale $(SCALE) --if-missing
	$(PLATBOOK) serve --database $(DATABASE) --listen $(LISTEN) --anonymous-role viewer

## build: the program with the web app in it
build: web
	cargo build --release --locked

web: web/dist/index.html

web/dist/index.html: $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)
	scripts/install node
	cd web && npm ci --no-audit --no-fund && npm run build
	touch $@

## test: everything — Rust, web unit, browser
test: test-rust test-web e2e

test-rust: web
	scripts/install postgres gdal chromium node clients qgis
	cargo test --locked

test-web: web
	cd web && npm test

e2e: web
	scripts/install chromium poppler
	# The program as the tests have built it, so that it is not built twice.
	cargo test --locked --no-run --test it
	scripts/e2e

## lint: format, clippy with warnings denied, web lint and type check
lint: web
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cd web && npm run lint && npm run check && npm run size

## api: the description of the API and the TypeScript types that are made from it
api:
	cargo run --locked -- openapi > web/openapi.json
	cd web && npm run api

## bench: what it costs, beside its peers
bench: build
	scripts/install postgres gdal wrk
	benches/run
	benches/run --scale 3.334
	benches/exchange
	scripts/install chromium node
	benches/planner
	cargo bench --locked --bench edits

clean:
	rm -rf target web/dist web/node_modules
