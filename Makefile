# `make demo` and `make test` do everything on a fresh Debian machine that has Swift 6.2 or later.

.PHONY: help setup build install demo lab-demo test lint format docs unit end-to-end interop lab bench clean

help:
	@echo "make demo        one password through CredSSP across three hosts on loopback"
	@echo "make lab-demo    the same in a real Active Directory with a file share, as root"
	@echo "make test        format lint, unit, end-to-end and interoperability tests"
	@echo "make lint        format lint only;  make format  repairs what it finds"
	@echo "make docs        the documentation, into .build/docs"
	@echo "make unit | end-to-end | interop | lab    one kind of tests; the lab needs root"
	@echo "make bench       micro benchmarks (release build, takes a while)"
	@echo "make install     programs, their Swift libraries and the unit file into PREFIX=/usr/local (release build)"
	@echo "make setup       only install what is missing;  make build  only build"

setup:
	@Scripts/setup.sh

build:
	@Scripts/setup.sh --no-python
	swift build

install:
	@Scripts/setup.sh --no-python
	@Scripts/install.sh

demo:
	@Scripts/setup.sh --no-python
	@Scripts/demo.sh

lab-demo:
	@Scripts/setup.sh --lab
	@Scripts/lab-demo.sh

test: setup
	@Scripts/test.sh

unit end-to-end interop lab: setup
	@Scripts/test.sh $@

lint:
	@Scripts/lint.sh

format:
	@Scripts/lint.sh --fix

docs:
	@Scripts/docs.py

bench:
	@Scripts/setup.sh --no-python
	cd Benchmarks && ../Scripts/with-realm.sh swift package --disable-sandbox benchmark
	Scripts/bench-commands.py

clean:
	rm -rf .build .venv Benchmarks/.build
