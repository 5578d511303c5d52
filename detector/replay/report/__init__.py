"""The report of a backtest: one HTML file that works offline. It needs the extra `backtest`."""

from detector.replay.report.data import ReportData
from detector.replay.report.page import report

__all__ = ["ReportData", "report"]
