from . import mts_error_code
from . import mts_identity_store
from . import res_partner
from . import mts_connector
from . import mts_run
from . import mts_request
from . import mts_record
