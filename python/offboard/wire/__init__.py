"""The wire: messages of ``protos/``, built at import from a committed descriptor set in a private pool.

A private pool, because generated modules register in the default one, where ``tritonclient`` and ``kserve`` register
messages of the same names.
"""
