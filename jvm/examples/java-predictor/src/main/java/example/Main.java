package example;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.io.FileUtils;
import org.apache.mxnet.infer.javaapi.ObjectDetector;
import org.apache.mxnet.infer.javaapi.Predictor;
import org.apache.mxnet.javaapi.Context;
import org.apache.mxnet.javaapi.DType;
import org.apache.mxnet.javaapi.DataDesc;
import org.apache.mxnet.javaapi.NDArray;
import org.apache.mxnet.javaapi.ResourceScope;
import org.apache.mxnet.javaapi.Shape;

/** {@code MODEL IMAGE [eia|cpu]}: the five labels that a classifier of 224 by 224 pixels gives an image. */
public final class Main {
  private static final int SIZE = 224;

  private Main() {}

  public static void main(String[] args) throws IOException {
    File model = new File(args[0]);
    Context context = args.length > 2 && args[2].equals("cpu") ? Context.cpu() : Context.eia();
    Shape shape = new Shape(new int[] {1, 3, SIZE, SIZE});
    List<DataDesc> inputs = Arrays.asList(new DataDesc("data", shape, DType.Float32(), "NCHW"));
    Predictor predictor = new Predictor(model.getPath(), inputs, Arrays.asList(context), 0);
    List<String> labels = FileUtils.readLines(new File(model.getParentFile(), "synset.txt"), StandardCharsets.UTF_8);

    try (ResourceScope scope = new ResourceScope()) {
      BufferedImage image = ObjectDetector.reshapeImage(ObjectDetector.loadImageFromFile(args[1]), SIZE, SIZE);
      NDArray pixels = ObjectDetector.bufferedImageToPixels(image, shape);
      float[] scores = predictor.predictWithNDArray(Arrays.asList(pixels)).get(0).toArray();
      IntStream.range(0, scores.length).boxed().sorted(Comparator.comparing(i -> -scores[i])).limit(5)
          .forEach(i -> System.out.println(labels.get(i) + " " + scores[i]));
    }
  }
}
