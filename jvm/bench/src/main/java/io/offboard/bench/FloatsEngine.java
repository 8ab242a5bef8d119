package io.offboard.bench;

import java.util.List;
import org.apache.mxnet.infer.javaapi.Predictor;
import org.apache.mxnet.javaapi.Context;
import org.apache.mxnet.javaapi.DType;
import org.apache.mxnet.javaapi.DataDesc;
import org.apache.mxnet.javaapi.Shape;

/** The Java Predictor on {@code Context.eia()}, from floats to floats. */
final class FloatsEngine implements Engine {
  private final Predictor predictor;

  FloatsEngine(String checkpoint, int[] shape) {
    String layout = "NCHW".substring(0, shape.length);
    predictor = new Predictor(checkpoint, List.of(new DataDesc("data", new Shape(shape), DType.Float32(), layout)),
        List.of(Context.eia()), 0);
  }

  @Override
  public float[] infer(float[] input) {
    return predictor.predict(new float[][] {input})[0];
  }

  @Override
  public void close() {
    predictor.close();
  }
}
