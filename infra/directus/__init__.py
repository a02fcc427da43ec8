"""A real Directus on this machine, with the customer's schema and sample products.

Installed from npm once a machine; the server and its data belong to one state folder.
"""
