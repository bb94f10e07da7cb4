# `make help` lists what can be made.
SHELL := /bin/bash
.DELETE_ON_ERROR:

PACKAGES := libsqlite3-dev libcurl4-openssl-dev libssl-dev libmicrohttpd-dev zlib1g-dev pkg-config sqlite3
SOURCES := Sources Tests Package.swift
RELEASE := -c release --static-swift-stdlib

.PHONY: help deps demo build release man completions test format lint clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

deps: ## install the Debian packages that are missing
	@missing=$$(for package in $(PACKAGES); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; \
	fi

demo: release ## one job of each model on the simulator, from the command line to the files
	docs/demo.sh .build/release

build: deps ## the programs, for development
	swift build

release: deps ## the programs as they are installed: optimised, with Swift's own library inside
	swift build $(RELEASE)

SHARE := .build/share
DATE = $(shell git log -1 --format=%cs 2>/dev/null || date +%F)

man: release ## the manual pages, into .build/share/man
	mkdir -p $(SHARE)/man/man1 $(SHARE)/man/man5 $(SHARE)/man/man8
	.build/release/jobctl --man $(DATE) > $(SHARE)/man/man1/jobctl.1
	.build/release/jobsim --man $(DATE) > $(SHARE)/man/man1/jobsim.1
	.build/release/jobd --man-configuration $(DATE) > $(SHARE)/man/man5/jobd.json.5
	.build/release/jobd --man $(DATE) > $(SHARE)/man/man8/jobd.8

completions: release ## the completion scripts, into .build/share/completions
	mkdir -p $(SHARE)/completions
	.build/release/jobctl completion bash > $(SHARE)/completions/jobctl.bash
	.build/release/jobctl completion zsh > $(SHARE)/completions/_jobctl
	.build/release/jobctl completion fish > $(SHARE)/completions/jobctl.fish

test: deps ## all tests
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build --disable-xctest

format: ## bring the sources into the one form
	swift format -i -r $(SOURCES)

lint: ## check the form, the sizes and the directions of the dependencies
	swift format lint --strict -r $(SOURCES)
	.ci/check-tree

clean: ## remove what was built
	rm -rf .build
