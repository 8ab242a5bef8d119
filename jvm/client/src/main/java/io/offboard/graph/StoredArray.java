package io.offboard.graph;

import io.offboard.client.Tensor;
import java.util.List;

/** One array of a {@code .params} file: dense, row_sparse (auxiliary: row indices) or csr (auxiliary: indptr, column indices). */
public final class StoredArray {
  private final long[] shape;
  private final Tensor data;
  private final List<Tensor> auxiliary;

  private StoredArray(long[] shape, Tensor data, List<Tensor> auxiliary) {
    this.shape = shape;
    this.data = data;
    this.auxiliary = auxiliary;
  }

  public static StoredArray dense(Tensor data) {
    return new StoredArray(data.shape(), data, List.of());
  }

  public static StoredArray sparse(long[] shape, Tensor data, List<Tensor> auxiliary) {
    return new StoredArray(shape.clone(), data, List.copyOf(auxiliary));
  }

  /** The whole array's shape. */
  public long[] shape() {
    return shape.clone();
  }

  /** All elements, or the stored ones of a sparse array. */
  public Tensor data() {
    return data;
  }

  /** None for a dense array, one for row_sparse, two for csr. */
  public List<Tensor> auxiliary() {
    return auxiliary;
  }

  public boolean isSparse() {
    return !auxiliary.isEmpty();
  }
}
