"""Control flow: loops and branches over subgraphs."""
