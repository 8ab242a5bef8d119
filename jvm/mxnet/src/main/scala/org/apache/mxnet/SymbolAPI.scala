package org.apache.mxnet

/** Operators on symbols with typed arguments: `Symbol.api`. */
object SymbolAPI extends SymbolAPIBase
