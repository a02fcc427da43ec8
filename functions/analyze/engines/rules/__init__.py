"""The embedded analysis engine: rules over the taxonomy, no model, no network."""

from functions.analyze.engines.rules.engine import RulesEngine

__all__ = ["RulesEngine"]
