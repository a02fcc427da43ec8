"""What tests build on: stores in memory, builders, clocks, worlds."""
