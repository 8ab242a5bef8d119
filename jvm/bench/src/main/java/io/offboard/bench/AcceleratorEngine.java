package io.offboard.bench;

import java.util.List;
import org.apache.mxnet.infer.javaapi.Predictor;
import org.apache.mxnet.javaapi.Context;
import org.apache.mxnet.javaapi.DType;
import org.apache.mxnet.javaapi.DataDesc;
import org.apache.mxnet.javaapi.NDArray;
import org.apache.mxnet.javaapi.ResourceScope;
import org.apache.mxnet.javaapi.Shape;

/** The Java Predictor on {@code Context.eia()}, with arrays made and freed at every call. */
final class AcceleratorEngine implements Engine {
  private final Predictor predictor;
  private final Shape shape;

  AcceleratorEngine(String checkpoint, int[] shape) {
    this.shape = new Shape(shape);
    String layout = "NCHW".substring(0, shape.length);
    predictor = new Predictor(checkpoint, List.of(new DataDesc("data", this.shape, DType.Float32(), layout)), List.of(Context.eia()), 0);
  }

  @Override
  public float[] infer(float[] input) {
    try (ResourceScope scope = new ResourceScope()) {
      NDArray data = new NDArray(input, shape, Context.cpu());
      return predictor.predictWithNDArray(List.of(data)).get(0).toArray();
    }
  }

  @Override
  public void close() {
    predictor.close();
  }
}
