"""The one table: an adapter for each kind of item."""
