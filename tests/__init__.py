# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
# Empty on purpose: pytest-odoo finds the tests by itself, and Odoo's own --test-enable, which
# looks for them here, is to find none. They want what only `make test` sets up.
