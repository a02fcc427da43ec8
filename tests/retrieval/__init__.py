"""How well search finds: questions with their answers, and the command that asks them all."""
