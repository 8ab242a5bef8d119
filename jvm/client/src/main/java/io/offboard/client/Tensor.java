package io.offboard.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A tensor: element type, shape, and its elements in the machine's byte order, row by row. */
public final class Tensor {
  private final Dtype dtype;
  private final long[] shape;
  private final ByteBuffer data;

  /** Takes the buffer from its position to its limit; it is not copied. */
  public Tensor(Dtype dtype, long[] shape, ByteBuffer data) {
    this.dtype = dtype;
    this.shape = shape.clone();
    this.data = data.slice().order(ByteOrder.nativeOrder());
    if (byteSize(dtype, shape) != this.data.remaining()) {
      throw new IllegalArgumentException(this.data.remaining() + " bytes do not hold a tensor of " + byteSize(dtype, shape));
    }
  }

  /** A tensor of zeros in new memory. */
  public static Tensor zeros(Dtype dtype, long... shape) {
    return new Tensor(dtype, shape, ByteBuffer.allocate(Math.toIntExact(byteSize(dtype, shape))));
  }

  /** A tensor in new memory with the elements of a buffer. */
  static Tensor copyOf(Dtype dtype, long[] shape, ByteBuffer data) {
    Tensor made = zeros(dtype, shape);
    made.data().put(data);
    return made;
  }

  public Dtype dtype() {
    return dtype;
  }

  public long[] shape() {
    return shape.clone();
  }

  /** The elements, with a position of the caller's own. */
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.nativeOrder());
  }

  public int byteSize() {
    return data.remaining();
  }

  /** How many elements a shape has. */
  public static long count(long... shape) {
    long count = 1;
    for (long dimension : shape) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }

  static long byteSize(Dtype dtype, long... shape) {
    return Math.multiplyExact(count(shape), (long) dtype.size());
  }
}
