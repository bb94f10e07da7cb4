# `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
.DELETE_ON_ERROR:

# What the Swift toolchain needs on a bare Debian, and what jobd is built with.
TOOLCHAIN_PACKAGES := g++ git ca-certificates tzdata libncurses6 libxml2
PACKAGES := $(TOOLCHAIN_PACKAGES) libsqlite3-dev libcurl4-openssl-dev libssl-dev libmicrohttpd-dev zlib1g-dev \
    libturbojpeg0-dev libpng-dev libwebp-dev pkg-config sqlite3
# What only tests need: nothing should start to listen because somebody builds jobd. Debian starts an sshd, and a
# PostgreSQL server on loopback; the tests leave both alone, and start their own.
TEST_PACKAGES := openssh-client openssh-server postgresql libpq5 python3
# Optional tools that `make lint` uses if they are installed.
CHECK_PACKAGES := shellcheck mandoc python3 jq
SOURCES := Sources Tests fuzz/main.swift Package.swift
SOAK_MINUTES ?= 10
# The scenarios that know nothing of the engine run on PostgreSQL, too; those of several jobds, only there.
ON_BOTH := AccountTests|AnswerTests|CatalogueTests|EndingTests|ExpiryTests|FetchTests|HangingTests|LostTests|MistakenAnswerTests|OriginTests|PoisonTests|SharedStoreTests|SharedDaemonTests
RELEASE := -c release --static-swift-stdlib --disable-local-rpath

# Manual pages and completions, which the programs generate.
MADE := .build/share
# Where `make install` installs to. DESTDIR is put before all paths, for packages.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
PROGRAMS := jobd jobctl jobsim
# With their directories, because they refer to each other.
DOCUMENTS = $(filter-out docs/demo.sh docs/demo-shared.sh,$(wildcard *.md docs/*.md docs/*.sh bench/*.md))
BIN := $(DESTDIR)$(PREFIX)/bin
LIB := $(DESTDIR)$(PREFIX)/lib
SHARE := $(DESTDIR)$(PREFIX)/share
# Debian's zsh looks for the completions of packages and of local programs in differently named directories.
ZSH := $(SHARE)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

.PHONY: help deps check-deps test-deps demo demo-shared build release man completions install uninstall deb tarball test test-thread test-address fuzz test-systemd test-gallery test-storage test-mcp test-photos torture soak mutations format lint clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

deps: ## install missing Debian packages
	@missing=$$(for package in $(PACKAGES); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; \
	fi
	@command -v swift >/dev/null || { \
	    echo 'swift was not found: install it from https://www.swift.org/install/linux, and put it on the PATH' >&2; exit 1; }

check-deps: ## install the optional tools of `make lint`
	@$(MAKE) --no-print-directory deps PACKAGES='$(CHECK_PACKAGES)'

test-deps: ## install what tests need: an sshd and PostgreSQL, which Debian then also starts
	@$(MAKE) --no-print-directory deps PACKAGES='$(TEST_PACKAGES)'

demo: release ## run one job of each model on the simulator
	docs/demo.sh .build/release

demo-shared: release ## two jobds share a PostgreSQL, and one of them dies (apt-get install postgresql)
	docs/demo-shared.sh .build/release

build: deps ## build the programs for development
	swift build

release: deps ## build the programs for installation: optimised, with Swift's library linked in
	swift build $(RELEASE)

install: ## install what `make release` has built below PREFIX (/usr/local); DESTDIR for packages
	@test -x .build/release/jobd || { echo 'nothing is built yet: run make release' >&2; exit 1; }
	install -d $(BIN) $(LIB)/jobd $(LIB)/systemd/system $(LIB)/systemd/user $(LIB)/sysusers.d $(LIB)/tmpfiles.d \
	    $(SHARE)/doc/jobd $(DESTDIR)$(SYSCONFDIR)/jobd
	install -s -m 755 $(PROGRAMS:%=.build/release/%) $(BIN)/
	install -s -m 755 .build/release/jobthumb $(LIB)/jobd/
	install -m 755 systemd/slow-restart $(LIB)/jobd/
	for unit in system user; do \
	    file=systemd/jobd.service; [ $$unit = system ] || file=systemd/$$unit/jobd.service; \
	    sed 's,@bindir@,$(PREFIX)/bin,g; s,@libexecdir@,$(PREFIX)/lib/jobd,g' $$file >$(LIB)/systemd/$$unit/jobd.service; \
	    chmod 644 $(LIB)/systemd/$$unit/jobd.service; done
	install -m 644 systemd/jobd.sysusers $(LIB)/sysusers.d/jobd.conf
	install -m 644 systemd/jobd.tmpfiles $(LIB)/tmpfiles.d/jobd.conf
	test -e $(DESTDIR)$(SYSCONFDIR)/jobd/config.json || \
	    install -m 644 systemd/config.json $(DESTDIR)$(SYSCONFDIR)/jobd/config.json
	for file in $(DOCUMENTS); do install -D -m 644 $$file $(SHARE)/doc/jobd/$$file; done
	install -m 644 LICENSE $(SHARE)/doc/jobd/copyright
	for page in $(MADE)/man/man*/*; do [ ! -f $$page ] || { \
	    folder=$(SHARE)/man/$$(basename $$(dirname $$page)); install -d $$folder; \
	    gzip -9nc $$page >$$folder/$$(basename $$page).gz; chmod 644 $$folder/$$(basename $$page).gz; }; done
	test ! -d $(MADE)/completions || { from=$(MADE)/completions; \
	    for program in $(PROGRAMS); do \
	    install -D -m 644 $$from/$$program.bash $(SHARE)/bash-completion/completions/$$program; \
	    install -D -m 644 $$from/_$$program $(ZSH)/_$$program; \
	    install -D -m 644 $$from/$$program.fish $(SHARE)/fish/vendor_completions.d/$$program.fish; done; }

uninstall: ## remove what `make install` has installed; keep configuration and data
	rm -f $(PROGRAMS:%=$(BIN)/%) $(LIB)/systemd/system/jobd.service $(LIB)/systemd/user/jobd.service \
	    $(LIB)/sysusers.d/jobd.conf $(LIB)/tmpfiles.d/jobd.conf \
	    $(SHARE)/man/man1/{jobctl,jobctl-*,jobsim}.1.gz $(SHARE)/man/man5/jobd.json.5.gz $(SHARE)/man/man8/jobd.8.gz \
	    $(PROGRAMS:%=$(SHARE)/bash-completion/completions/%) $(PROGRAMS:%=$(ZSH)/_%) \
	    $(PROGRAMS:%=$(SHARE)/fish/vendor_completions.d/%.fish)
	rm -rf $(LIB)/jobd $(SHARE)/doc/jobd

deb: man completions ## build a Debian package; DEB_VERSION=… overrides the version
	packaging/build-deb $(DEB_VERSION)

tarball: man completions ## build a tarball for machines without Swift; DEB_VERSION=… overrides the version
	packaging/build-tarball $(DEB_VERSION)

DATE = $(shell git log -1 --format=%cs 2>/dev/null || date +%F)

man: release ## write the manual pages to .build/share/man
	mkdir -p $(MADE)/man/man1 $(MADE)/man/man5 $(MADE)/man/man8
	.build/release/jobctl --man $(DATE) > $(MADE)/man/man1/jobctl.1
	.build/release/jobctl complete fish '' | cut -f1 | while read -r verb; do \
	    .build/release/jobctl --man $(DATE) $$verb > $(MADE)/man/man1/jobctl-$$verb.1; done
	.build/release/jobsim --man $(DATE) > $(MADE)/man/man1/jobsim.1
	.build/release/jobd --man-configuration $(DATE) > $(MADE)/man/man5/jobd.json.5
	.build/release/jobd --man $(DATE) > $(MADE)/man/man8/jobd.8

completions: release ## write the completion scripts to .build/share/completions
	mkdir -p $(MADE)/completions
	for program in $(PROGRAMS); do \
	    case $$program in jobctl) ask=completion;; *) ask=--completion;; esac; \
	    .build/release/$$program $$ask bash > $(MADE)/completions/$$program.bash; \
	    .build/release/$$program $$ask zsh > $(MADE)/completions/_$$program; \
	    .build/release/$$program $$ask fish > $(MADE)/completions/$$program.fish; done

test: deps test-deps ## run all tests, after installing what they need
	swift build --build-tests --explicit-target-dependency-import-check error
	@# In parts, because tests that start programs are sensitive to the load of the others.
	swift test --skip-build --disable-xctest --skip '^(ScenarioTests|TortureTests)\.'
	@# What the store promises, on its second engine; and the schemas of both, statement by statement.
	TEST_STORE=postgresql swift test --skip-build --disable-xctest --filter '^JobStoreTests\.'
	TEST_STORE=postgresql swift test --skip-build --disable-xctest --filter '^DaemonScenarioTests\.($(ON_BOTH))/'
	python3 Tests/postgresql/schema_test.py
	swift test --skip-build --disable-xctest --filter '^ScenarioTests\.'
	swift test --skip-build --disable-xctest --filter '^TortureTests\.'

test-thread: deps ## run the tests but TortureTests, and the programs that they start, under ThreadSanitizer
	.ci/sanitize thread

test-address: deps ## the same under AddressSanitizer
	.ci/sanitize address

fuzz: deps ## run every parser with libFuzzer, each for FUZZ_SECONDS (20)
	.ci/fuzz

test-systemd: deb ## test the package under systemd, in a container with Debian 12 (needs root)
	systemd/test.sh

test-gallery: deps ## test galleries in Chromium (apt-get install chromium); screenshots go to .build/gallery
	swift build
	Tests/gallery/check.py .build/debug .build/gallery

test-storage: deps ## test object storage against OpenStack Swift, which it installs and starts on loopback
	swift build --build-tests
	Tests/storage/check

test-mcp: deps ## let the official Python SDK work with `jobctl mcp` (needs python3-venv and PyPI)
	swift build
	test -x .build/python/bin/mcp || { python3 -m venv .build/python && .build/python/bin/pip install -q 'mcp>=2'; }
	.build/python/bin/python Tests/agents/check.py .build/debug

test-photos: deps ## read .xmp files and described copies (apt-get install libimage-exiftool-perl imagemagick python3-pil)
	swift build
	/usr/bin/python3 Tests/photos/check.py .build/debug

torture: deps test-deps ## test all crashes, power cuts and faults for an hour (TORTURE_SEED=N repeats a run's choices)
	swift build --build-tests
	TORTURE=1 TORTURE_FIGURES=.build/torture-figures.txt swift test --skip-build --disable-xctest --filter TortureTests
	@echo 'the figures are in .build/torture-figures.txt'

soak: deps ## run jobd under load and watch memory and descriptors (SOAK_MINUTES=10)
	swift build --build-tests
	SOAK_MINUTES=$(SOAK_MINUTES) swift test --skip-build --disable-xctest --filter SoakTests

mutations: deps test-deps ## remove each guard of money and files in turn; a test must fail
	Tests/mutations/check.sh

format: ## format the sources
	swift format -i -r $(SOURCES)

lint: ## check format, sizes, dependencies, scripts, and the manual pages of a build
	swift format lint --strict -r $(SOURCES)
	.ci/check-tree
	.ci/check-code
	.ci/check-scripts
	.ci/check-links
	.ci/check-man

clean: ## remove what was built
	rm -rf .build
