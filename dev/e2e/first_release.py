# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Turns a database of today into one of 15.0.1.0.0."""

# Odoo 14 puts its series before it.
EARLIER = r"""
    UPDATE ir_module_module
    SET latest_version = regexp_replace(latest_version, '15\.0\.\d+\.\d+\.\d+$', '15.0.1.0.0')
    WHERE name = 'mts_connector'
"""
# Its columns. All of ours that are not among them came later.
FIRST = {
    "mts_connector": """
        active answer_timeout_minutes attention batch_size callback_auth_database
        callback_auth_password callback_auth_type callback_auth_url
        callback_auth_username callback_http_method callback_in_bulk callback_timeout
        callback_url changes_since company_id cron_id delivery_type hmac_key
        identity_store input_type interval_minutes job_type lang_code mapping
        max_attempts max_open_requests message_main_attachment_id mts_url name
        onetime_run_id output_format output_type parallel_requests request_timeout
        retention_days search_domain selected_fields state
    """,
    "mts_error_code": """
        advice code name policy
    """,
    "mts_record": """
        answered_at attempts company_id connector_id error_code error_id error_message
        fingerprint partner_id request_id retry_at retry_requested sent_at state
        to_check unanswered_request_id
    """,
    "mts_refused_delivery": """
        count day reason
    """,
    "mts_request": """
        answered_at bearer_hash check_at company_id conflict_count connector_id
        finished_since lost_count message record_count rejected_count request_identifier
        run_id sent_at state tokenized_count
    """,
    "mts_run": """
        company_id connector_id expected_count failures finished_at last_partner_id
        message next_try_at scope started_at state trigger
    """,
    "res_partner": """
        mosip_auth_token mosip_vid
    """,
}
LOG = "id create_uid create_date write_uid write_date"

COLUMNS = r"""
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public'
      AND (table_name LIKE 'mts\_%' OR table_name = 'res_partner' AND column_name LIKE 'mosip\_%')
"""
# It was a field then.
FINGERPRINT = """
    WITH field AS (
        INSERT INTO ir_model_fields (model, model_id, name, field_description, ttype, state, store)
        SELECT model, id, 'fingerprint', 'Fingerprint', 'char', 'base', true
        FROM ir_model WHERE model = 'mts.record'
        RETURNING id
    )
    INSERT INTO ir_model_data (module, name, model, res_id, noupdate)
    SELECT 'mts_connector', 'field_mts_record__fingerprint', 'ir.model.fields', id, false
    FROM field
"""


def go_back(cr):
    cr.execute(EARLIER)
    cr.execute(COLUMNS)
    for table, column in cr.fetchall():
        if table not in FIRST:
            cr.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
        elif column not in f"{FIRST[table]} {LOG}".split():
            cr.execute(f"ALTER TABLE {table} DROP COLUMN {column} CASCADE")
    cr.execute(FINGERPRINT)
