from . import mts_identity_store_civil, res_partner
