# Every command starts from a bare machine with python3; hub/launcher.py says what is missing.
# `make demo HUB_PORT=8001` sets a setting, `make test ARGS="-k vault"` passes arguments on.
PYTHON ?= python3
COMMANDS := demo run test check format bench chaos lock sbom audit

.PHONY: help $(COMMANDS) clean
.NOTPARALLEL:

help:
	@echo 'make demo    start with demo data, and print where to look'
	@echo 'make run     start empty, and keep what is entered'
	@echo 'make test    run all tests, with a real PostgreSQL and browser'
	@echo 'make check   run the linters, the type checker and the house rules'
	@echo 'make format  lay out the code as make check wants it'
	@echo 'make bench   measure, as docs/performance.md tells'
	@echo 'make chaos   run the tests that kill what they test, many times over'
	@echo 'make lock    write locks/ from pyproject.toml; ARGS=--upgrade takes newer releases'
	@echo 'make sbom    write dist/sbom.json, the bill of materials of production'
	@echo 'make audit   ask the vulnerability service about what locks/ names'
	@echo 'make clean   remove what was installed and built; the data stay'

$(COMMANDS):
	@exec $(PYTHON) hub/launcher.py $@ $(ARGS)

clean:
	rm -rf .venv .venv.lock .venv.log dist build *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
