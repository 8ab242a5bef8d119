package io.offboard.gateway;

import java.nio.ByteBuffer;

/** A tensor on its way: NumPy's name of its dtype, its shape, and its elements in the machine's byte order, row by row. */
public final class Tensor {
  private final String dtype;
  private final long[] shape;
  private final ByteBuffer data;

  /** Takes the buffer from its position to its limit; it is not copied. */
  public Tensor(String dtype, long[] shape, ByteBuffer data) {
    this.dtype = dtype;
    this.shape = shape.clone();
    this.data = data;
  }

  public String dtype() {
    return dtype;
  }

  public long[] shape() {
    return shape.clone();
  }

  /** The elements, with a position of the caller's own. */
  public ByteBuffer data() {
    return data.duplicate().order(java.nio.ByteOrder.nativeOrder());
  }

  int byteSize() {
    return data.remaining();
  }
}
