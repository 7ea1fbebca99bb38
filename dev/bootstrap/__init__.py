"""Finds Python and Odoo and makes the virtual environment.

Runs on any Python from 3.8 on, before anything is installed: standard library only.
"""
