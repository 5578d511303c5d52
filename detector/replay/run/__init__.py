"""Backtests at full speed: events are split by key, and the keys evaluated one by one, on all cores.

A run reads the events and files them by user (`splitting`), evaluates each user's events in a row (`users`),
files those that rules by merchant can use by merchant, evaluates these (`merchants`), and merges the alerts
into the order in which a reader of the whole would have published them (`alert_runs`).
"""
