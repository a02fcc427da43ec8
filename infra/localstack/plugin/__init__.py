"""What LocalStack loads from us: Lambda as processes of this machine, DynamoDB from moto, the loopback alone.

``entry_points.txt`` names it to LocalStack. The modules ``executor``, ``dynamodb`` and ``loopback`` run in
LocalStack's environment only; ``runtime`` and ``output`` need nothing but Python.
"""
