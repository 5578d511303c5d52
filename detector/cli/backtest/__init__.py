"""`detector backtest`: the live engine over recorded events, and what an analyst asks of it."""
