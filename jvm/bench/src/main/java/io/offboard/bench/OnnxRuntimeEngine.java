package io.offboard.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;

/** ONNX Runtime in this process, on the same graph as an ONNX file. */
final class OnnxRuntimeEngine implements Engine {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final long[] shape;

  OnnxRuntimeEngine(String checkpoint, int[] shape, int threads) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(threads);
    session = environment.createSession(checkpoint + ".onnx", options);
    this.shape = Arrays.stream(shape).asLongStream().toArray();
  }

  @Override
  public float[] infer(float[] input) throws OrtException {
    try (OnnxTensor data = OnnxTensor.createTensor(environment, FloatBuffer.wrap(input), shape);
        OrtSession.Result result = session.run(Map.of("data", data))) {
      FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] made = new float[output.remaining()];
      output.get(made);
      return made;
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
