package org.apache.mxnet

/** How an array is stored. */
object SparseFormat extends Enumeration {
  type SparseFormat = Value
  val DEFAULT: Value = Value(0, "default")
  val ROW_SPARSE: Value = Value(1, "row_sparse")
  val CSR: Value = Value(2, "csr")
}
