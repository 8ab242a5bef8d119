"""Framework-neutral: the symbol graph, its JSON, and ``.params`` files of every MXNet version."""
