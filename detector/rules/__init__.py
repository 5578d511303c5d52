"""The shipped catalogue of rules, and reading, linting and testing of rule files."""
