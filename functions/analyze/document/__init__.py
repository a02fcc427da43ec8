"""A document: its model, its stored forms, its passages, the amounts it names."""
