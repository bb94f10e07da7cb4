# `make help` lists what can be made.
SHELL := /bin/bash
.DELETE_ON_ERROR:

PACKAGES := libsqlite3-dev libcurl4-openssl-dev libssl-dev libmicrohttpd-dev zlib1g-dev pkg-config sqlite3
SOURCES := Sources Tests Package.swift
SOAK_MINUTES ?= 10
RELEASE := -c release --static-swift-stdlib

.PHONY: help deps demo build release test torture soak mutations format lint clean

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

test: deps ## all tests
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build --disable-xctest

torture: deps ## all crashes, power cuts and faults, an hour of them (TORTURE_SEED=N repeats the choices of a run)
	swift build --build-tests
	TORTURE=1 TORTURE_FIGURES=.build/torture-figures.txt swift test --skip-build --disable-xctest --filter TortureTests
	@echo 'the figures are in .build/torture-figures.txt'

soak: deps ## work without an end, memory and descriptors watched (SOAK_MINUTES=10)
	swift build --build-tests
	SOAK_MINUTES=$(SOAK_MINUTES) swift test --skip-build --disable-xctest --filter SoakTests

mutations: deps ## take out each guard of money and of files; a test must miss it
	Tests/mutations/check.sh

format: ## bring the sources into the one form
	swift format -i -r $(SOURCES)

lint: ## check the form, the sizes and the directions of the dependencies
	swift format lint --strict -r $(SOURCES)
	.ci/check-tree

clean: ## remove what was built
	rm -rf .build
