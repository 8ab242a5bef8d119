package io.offboard.bench;

import java.util.Arrays;
import java.util.Random;

/**
 * {@code Main eia|onnxruntime|djl CHECKPOINT SHAPE COUNT WARM-UP}: prints as JSON the microseconds of a call, and the sum of the output's
 * absolute values by which runs on different engines are compared. The input is the same on every engine.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    int[] shape = Arrays.stream(arguments[2].split(",")).mapToInt(Integer::parseInt).toArray();
    float[] input = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    Random random = new Random(0);
    for (int i = 0; i < input.length; i++) {
      input[i] = random.nextFloat() * 255;
    }
    int count = Integer.parseInt(arguments[3]);
    try (Engine engine = engine(arguments[0], arguments[1], shape)) {
      double[] times = new double[count];
      float[] output = {};
      for (int i = -Integer.parseInt(arguments[4]); i < count; i++) {
        long start = System.nanoTime();
        output = engine.infer(input);
        if (i >= 0) {
          times[i] = (System.nanoTime() - start) / 1e3;
        }
      }
      Arrays.sort(times);
      double sum = 0;
      for (int i = 0; i < output.length; i++) {
        sum += Math.abs(output[i]) * (i + 1);
      }
      System.out.printf("{\"p50\": %.1f, \"p99\": %.1f, \"checksum\": %.9g}%n", times[count / 2], times[count * 99 / 100], sum);
    }
  }

  private static Engine engine(String name, String checkpoint, int[] shape) throws Exception {
    switch (name) {
      case "eia":
        return new AcceleratorEngine(checkpoint, shape);
      case "onnxruntime":
        return new OnnxRuntimeEngine(checkpoint, shape, 1);
      case "djl":
        return new DjlEngine(checkpoint, shape);
      default:
        throw new IllegalArgumentException("no engine " + name);
    }
  }
}
