package example;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.mxnet.infer.javaapi.ObjectDetector;
import org.apache.mxnet.infer.javaapi.ObjectDetectorOutput;
import org.apache.mxnet.javaapi.Context;
import org.apache.mxnet.javaapi.DType;
import org.apache.mxnet.javaapi.DataDesc;
import org.apache.mxnet.javaapi.Shape;

/** {@code MODEL IMAGE HEIGHT WIDTH [eia|cpu]}: the five most probable objects of an image, boxes in its own pixels. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws IOException {
    Shape shape = new Shape(new int[] {1, 3, Integer.parseInt(args[2]), Integer.parseInt(args[3])});
    Context context = args.length > 4 && args[4].equals("cpu") ? Context.cpu() : Context.eia();
    List<DataDesc> inputs = Arrays.asList(new DataDesc("data", shape, DType.Float32(), "NCHW"));
    ObjectDetector detector = new ObjectDetector(args[0], inputs, Arrays.asList(context), 0);

    BufferedImage image = ObjectDetector.loadImageFromFile(args[1]);
    for (ObjectDetectorOutput found : detector.imageObjectDetect(image, 5).get(0)) {
      System.out.printf("%s %.4f at %.0f,%.0f to %.0f,%.0f%n", found.getClassName(), found.getProbability(),
          found.getXMin() * image.getWidth(), found.getYMin() * image.getHeight(),
          found.getXMax() * image.getWidth(), found.getYMax() * image.getHeight());
    }
  }
}
