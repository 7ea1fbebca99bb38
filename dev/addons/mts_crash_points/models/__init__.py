from . import mts_connector, mts_request, mts_submission
