# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where the registry of a world keeps VIDs and tokens: on the contact, or among IDs as OpenG2P."""

from typing import Any, Callable, Dict, List

from bootstrap.paths import ADDON

VID_TYPE, TOKEN_TYPE = "MOSIP VID", "MOSIP UIN TOKEN"
# One ID of a contact, in SQL.
_ID = """(
    SELECT reg_id.value FROM g2p_reg_id reg_id JOIN g2p_id_type ON g2p_id_type.id = reg_id.id_type
    WHERE reg_id.partner_id = partner.id AND g2p_id_type.name = '{}'
)"""


class OnContact:
    """Fields of the contact."""

    modules: List[str] = [ADDON, "mts_sample_registry"]
    #: SQL for a contact called ``partner``.
    vid, token = "partner.mosip_vid", "partner.mosip_auth_token"

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def with_vid(self, vid: str, partner: int = 0) -> Dict[str, Any]:
        """What a registrar saves of a contact who has this VID, and no token.

        :param partner: the contact, where it is there already
        """
        return {"mosip_vid": vid, "mosip_auth_token": False}

    def delete(self, partners: List[int]) -> None:
        self._call("res.partner", "unlink", partners)


class AmongIds(OnContact):
    """IDs in the shape of OpenG2P's."""

    modules = [ADDON, "mts_sample_registry", "mts_sample_g2p"]
    vid, token = _ID.format(VID_TYPE), _ID.format(TOKEN_TYPE)

    def __init__(self, call: Callable[..., Any]) -> None:
        super().__init__(call)
        self.vid_type = call("g2p.id.type", "create", {"name": VID_TYPE})

    def with_vid(self, vid: str, partner: int = 0) -> Dict[str, Any]:
        old = [(2, number, 0) for number in self._ids([partner])]
        new = {"id_type": self.vid_type, "value": vid}
        return {"reg_ids": [*old, (0, 0, new)], "mosip_auth_token": False}

    def delete(self, partners: List[int]) -> None:
        # OpenG2P lets nobody be deleted who has an ID.
        self._call("g2p.reg.id", "unlink", self._ids(partners))
        super().delete(partners)

    def _ids(self, partners: List[int]) -> List[int]:
        return self._call("g2p.reg.id", "search", [("partner_id", "in", partners)])
