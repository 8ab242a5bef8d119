"""What a JVM asks of the instance's Python: graphs on the CPU, imperative operators, inference of shapes.

A JVM reaches it by py4j. Requests and replies are small JSON texts; tensors lie in files that both sides map.
"""
