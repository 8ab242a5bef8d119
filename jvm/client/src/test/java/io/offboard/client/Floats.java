package io.offboard.client;

import java.nio.FloatBuffer;

/** Tensors of one axis. */
final class Floats {
  private Floats() {}

  static Tensor of(float... values) {
    Tensor tensor = Tensor.zeros(Dtype.FLOAT32, values.length);
    tensor.data().asFloatBuffer().put(values);
    return tensor;
  }

  static float[] of(Tensor tensor) {
    FloatBuffer buffer = tensor.data().asFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }
}
