# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    g2p_group_membership,
    g2p_group_membership_kind,
    g2p_id_type,
    g2p_phone_number,
    g2p_reg_id,
    res_partner,
)
