package io.offboard.client;

import java.nio.ByteBuffer;

/** Takes the outputs of a forward. */
@FunctionalInterface
public interface Receiver {
  /**
   * Takes one output.
   *
   * @param index its place among the outputs
   * @param data its elements in the machine's byte order, to be copied: the buffer is another's when this returns
   */
  void take(int index, Dtype dtype, long[] shape, ByteBuffer data);
}
