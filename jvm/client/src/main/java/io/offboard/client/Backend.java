package io.offboard.client;

import java.util.List;
import java.util.Map;

/** Where a bound graph runs: on the accelerator, or in the instance's Python. */
public interface Backend extends AutoCloseable {
  /**
   * Runs the graph.
   *
   * @param arrays every argument and auxiliary state, with what it holds now
   * @param versions a number for each that changes whenever its content does
   * @return the outputs, in memory of their own
   */
  List<Tensor> forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain);

  /** Releases what the graph holds. */
  @Override
  void close();
}
