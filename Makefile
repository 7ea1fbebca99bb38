# SERIES=14.0 or 15.0 chooses Odoo's series; ARGS goes to the command.
PYTHON ?= python3
export SERIES

.PHONY: test
test:
	@$(PYTHON) dev/cli.py test -- $(ARGS)
