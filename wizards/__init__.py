# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import base_partner_merge
from . import mts_connection_test
from . import mts_preview
from . import mts_odk_preview
from . import mts_send_one
from . import mts_duplicate_comparison
from . import mts_retry
