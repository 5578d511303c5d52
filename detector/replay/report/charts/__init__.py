"""The charts of a report, as Vega-Lite that the page draws."""
