# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the server's administrator settles outside the database.

In Odoo's configuration file, for all connectors of the server or, with an id, for one:

    [mts_connector]
    callback_auth_password = …
    callback_auth_password_7 = …
    mts_ca_file = /etc/ssl/certs/mts.pem

or as environment variables: MTS_CONNECTOR_CALLBACK_AUTH_PASSWORD_7. The variable comes before the
file, one connector before all.
"""

import os
from typing import Optional

from odoo.tools import config

SECTION = "mts_connector"


def get(name: str, connector_id: Optional[int] = None) -> str:
    """Return a setting, or an empty string where there is none."""
    for key in (f"{name}_{connector_id}", name) if connector_id else (name,):
        value = os.environ.get(f"{SECTION}_{key}".upper()) or config.get_misc(SECTION, key)
        if value:
            # Odoo has made True of the text "true".
            return str(value).strip()
    return ""
