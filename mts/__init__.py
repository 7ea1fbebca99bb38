"""What the MOSIP Token Seeder (MTS) speaks, without Odoo and without a database."""
