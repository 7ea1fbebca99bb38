# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The connector on OpenG2P's models, against the ORM calls that these need."""

from environment import Environment

from .figures import Figures
from .stage import MODULES, Stage, stage
from .tables import Tables

SECTION = "Against OpenG2P's own writes"
REGISTRANTS = 5_000
ROUNDS = 2
BATCH_SIZES = (100, 1000)
AT_MOST = 1.5
TYPES = ("MOSIP VID", "MOSIP UIN TOKEN")


def measure(environment: Environment, figures: Figures) -> None:
    database = environment.create_database("bench_g2p", [*MODULES, "mts_sample_g2p"])
    connection = environment.connect(database)
    Tables(connection).add_registrants(REGISTRANTS)
    connection.close()
    with stage(environment, database) as play:
        for batch_size in BATCH_SIZES:
            _compare(play, figures, batch_size)
    environment.drop_database(database)


def _compare(play: Stage, figures: Figures, batch_size: int) -> None:
    connector = play.create_connector(batch_size=batch_size)
    types = _types(play.tables)
    floors, floors_at_once, imports = [], [], []
    for _round in range(ROUNDS):
        floors.append(_floor(play, types, batch_size, at_once=False))
        floors_at_once.append(_floor(play, types, batch_size, at_once=True))
        _make_due(play.tables, types)
        imports.append(play.import_all(connector))
        play.tables.expect_tokens(REGISTRANTS)
    case = f"batches of {batch_size}"
    figures.add(SECTION, f"g2p_floor_s_{batch_size}", min(floors), f"floor, {case}", unit="s")
    text = f"connector, {case}"
    figures.add(SECTION, f"g2p_import_s_{batch_size}", min(imports), text, unit="s")
    figures.add(
        SECTION,
        f"g2p_ratio_{batch_size}",
        min(imports) / min(floors),
        f"connector / floor, {case}",
        relation="≤",
        bound=AT_MOST,
    )
    figures.add(
        SECTION,
        f"g2p_at_once_ratio_{batch_size}",
        min(imports) / min(floors_at_once),
        f"connector / a floor that writes tokens as the connector does, {case}",
    )


def _floor(play: Stage, types: list, batch_size: int, at_once: bool) -> float:
    """Make the bare calls; returns the seconds that they took."""
    _make_due(play.tables, types)
    seconds = play.registry.rpc.call(
        "mts.bench", "store_tokens", *types, batch_size, at_once, timeout=None
    )
    play.tables.expect_tokens(REGISTRANTS)
    return float(seconds)


def _types(tables: Tables) -> list:
    """The ids of the types of IDs that hold VIDs and tokens."""
    query = "SELECT id FROM g2p_id_type WHERE name = %s"
    return [tables.value(query, [name]) for name in TYPES]


def _make_due(tables: Tables, types: list) -> None:
    tables.make_due()
    tables.query("DELETE FROM g2p_reg_id")
    tables.query(
        """
        INSERT INTO g2p_reg_id (partner_id, id_type, value, create_uid, create_date, write_uid,
                                write_date)
        SELECT id, %s, mosip_vid, 1, write_date, 1, write_date
        FROM res_partner WHERE is_registrant
        """,
        [types[0]],
    )
    tables.query("UPDATE res_partner SET mosip_vid = NULL WHERE is_registrant")
    tables.tidy()
