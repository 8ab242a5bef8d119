package io.offboard.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where a bound graph runs: on the accelerator, or in the instance's Python. */
public interface Backend extends AutoCloseable {
  /**
   * Runs the graph.
   *
   * @param arrays every argument and auxiliary state, with what it holds now
   * @param versions a number for each that changes whenever its content does
   * @param receiver takes the outputs in their order, if there was no error
   */
  void forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain, Receiver receiver);

  /** The same with the outputs in memory of their own. */
  default List<Tensor> forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain) {
    List<Tensor> outputs = new ArrayList<>();
    forward(arrays, versions, isTrain, (index, dtype, shape, data) -> outputs.add(Tensor.copyOf(dtype, shape, data)));
    return outputs;
  }

  /** Releases what the graph holds. */
  @Override
  void close();
}
