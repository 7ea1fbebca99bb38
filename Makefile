# make demo                 watch the connector work
# make test                 run all tests;  make test ARGS="tests/test_x.py -k name" some of them
# make coverage             list what the tests of the addon and the simulator do not reach;
#                           make test COVERAGE=1 does so beside all tests
# make soak N=1000 SEED=7   run random schedules of everything that can happen, a fifth of them to
#                           submissions in the field;  FIELD=1 only these;  JOBS=2 in two processes
# make fuzz N=1000 SEED=7   send the callback near misses of deliveries, and nonsense
# make bench                measure what it costs, and fail where that is too much;  FULL=1 at length
# make lint                 check the style
# make translations         bring i18n/ up to date, and say what is left to translate
# make screenshots          take the README's pictures from a demo
# make odoo                 run Odoo with the addon by hand;  make odoo ARGS=shell
# make wheel                build the package that pip installs, into dist/
# make clean                remove all that these have made;  ARGS=--keep-odoo keeps Odoo itself
#
# SERIES=14.0 or SERIES=15.0 chooses Odoo's series. ODOO_SOURCE names a source tree of Odoo,
# PGHOST (with PGPORT, PGUSER, PGPASSWORD) a PostgreSQL server to use in place of our own.
PYTHON ?= python3
ARGS ?=
COMMAND = $@ --
export SERIES

COMMANDS := demo test coverage soak fuzz bench lint odoo screenshots translations wheel clean

.PHONY: help $(COMMANDS)

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

soak: ARGS += $(if $(N),--schedules $(N)) $(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) $(if $(FIELD),--field)
fuzz: ARGS += $(if $(N),--inputs $(N)) $(if $(SEED),--seed $(SEED))
bench: ARGS += $(if $(FULL),--full)

test: COMMAND = $(if $(COVERAGE),coverage -- --all,test --)

$(COMMANDS):
	@$(PYTHON) dev/cli.py $(COMMAND) $(ARGS)
