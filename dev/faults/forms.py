# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A form in the field, and the connector that fetches what is submitted."""

import json
from datetime import datetime
from typing import Any

from .world import World

# What a registrant gets of the answers.
VALUES = ("given_name", "family_name", "gender", "birthdate", "address", "ref")


def create_field_connector(
    world: World, reference: str, registry: int, start: datetime, **values: Any
) -> int:
    """A connector to the simulated ODK Central.

    :param registry: the connector by which who was refused is sent again
    :param start: what was submitted before is not fetched
    """
    settings = world.simulator.settings
    return world.create_connector(
        reference,
        input_type="odk",
        odk_url=world.simulator.url,
        odk_project=settings.odk_project,
        odk_form=settings.odk_form,
        odk_email=settings.odk_email,
        odk_password=settings.odk_password,
        odk_pulled_until=str(start),
        odk_delay_minutes=0,
        registry_connector_id=registry,
        selected_fields=json.dumps([*VALUES, "name", "is_registrant"]),
        output_format="{params: {instance: .input.__id, vid: .output.vid, "
        "token: .output.token, status: .output.status, errorCode: .output.errorCode, "
        "errorMessage: .output.errorMessage, values: (.input | "
        f"{{{', '.join(VALUES)}, name: .given_name, is_registrant: true}})}}}}",
        **values,
    )
