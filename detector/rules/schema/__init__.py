"""The JSON Schema of rule files for editors, built from the reader's tables: both know the same words."""

from detector.rules.schema.rule import rule_schema

__all__ = ["rule_schema"]
