"""The audit: faults of price series, and clocks of feeds that cannot be right. It reports; it changes nothing."""
