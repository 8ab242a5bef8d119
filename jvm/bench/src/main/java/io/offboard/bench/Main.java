package io.offboard.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * {@code Main eia|eia-floats|onnxruntime|djl CHECKPOINT SHAPE}: for each line of standard input, a count, makes so many calls and
 * prints as JSON the microseconds of each, and the sum of the output's absolute values by which runs on different engines are
 * compared. The input is the same on every engine.
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
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Engine engine = engine(arguments[0], arguments[1], shape)) {
      String line;
      while ((line = asked.readLine()) != null) {
        System.out.println(block(engine, input, Integer.parseInt(line)));
      }
    }
  }

  private static String block(Engine engine, float[] input, int count) throws Exception {
    double[] times = new double[count];
    float[] output = {};
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      output = engine.infer(input);
      times[i] = (System.nanoTime() - start) / 1e3;
    }
    double sum = 0;
    for (int i = 0; i < output.length; i++) {
      sum += Math.abs(output[i]) * (i + 1);
    }
    String listed = Arrays.stream(times).mapToObj(each -> String.format("%.1f", each)).collect(Collectors.joining(","));
    return String.format("{\"times\": [%s], \"checksum\": %.9g}", listed, sum);
  }

  private static Engine engine(String name, String checkpoint, int[] shape) throws Exception {
    switch (name) {
      case "eia":
        return new AcceleratorEngine(checkpoint, shape);
      case "eia-floats":
        return new FloatsEngine(checkpoint, shape);
      case "onnxruntime":
        return new OnnxRuntimeEngine(checkpoint, shape, 1);
      case "djl":
        return new DjlEngine(checkpoint, shape);
      default:
        throw new IllegalArgumentException("no engine " + name);
    }
  }
}
