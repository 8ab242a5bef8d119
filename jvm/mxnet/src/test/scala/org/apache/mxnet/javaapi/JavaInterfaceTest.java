package org.apache.mxnet.javaapi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.offboard.rules.Rules;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.mxnet.MXNetError;
import org.junit.jupiter.api.Test;

/** What a Java program writes. */
class JavaInterfaceTest {
  private static final Context CPU = Context.cpu();

  private static NDArray array(float... values) {
    return new NDArray(values, new Shape(new int[] {values.length}), CPU);
  }

  @Test
  void contexts() {
    assertEquals("eia(0)", Context.eia().toString());
    assertEquals(6, Context.eia().deviceTypeid());
    assertEquals("eia", Context.eia().deviceType());
    assertEquals(new Context("cpu", 0), Context.cpu());
    assertEquals(Context.eia(), Context.eia(0));
    assertEquals(Context.eia().hashCode(), Context.eia(0).hashCode());
    assertEquals("gpu(0)", Context.gpu().toString());
    assertEquals(CPU, Context.defaultCtx());
  }

  @Test
  void paramsAreAlsoTheCompanionsAsInTheFirstReleases() {
    NDArray$ companion = NDArray$.MODULE$;
    NDArray out = array(0);
    companion.dot(companion.new dotParam(array(3, 4), array(3, 4)).setOut(out));
    assertArrayEquals(new float[] {25}, out.toArray());
    assertArrayEquals(new float[] {5}, NDArray.norm(new normParam(array(3, 4)))[0].toArray());
  }

  @Test
  void arraysLiveOnTheCpu() {
    MXNetError error = assertThrows(MXNetError.class, () -> NDArray.ones(Context.eia(), new int[] {2}));
    assertEquals(Rules.text("array_on_eia"), error.getMessage());
    error = assertThrows(MXNetError.class, () -> NDArray.ones(Context.gpu(), new int[] {2}));
    assertTrue(error.getMessage().startsWith(Rules.text("gpu_disabled")));
  }

  @Test
  void creation() {
    assertArrayEquals(new float[] {1, 1}, NDArray.ones(CPU, new int[] {2}).toArray());
    assertArrayEquals(new float[] {0, 0}, NDArray.zeros(CPU, Arrays.asList(1, 2)).toArray());
    assertEquals(new Shape(new int[] {3, 4}), NDArray.empty(CPU, new int[] {3, 4}).shape());
    assertEquals(DType.Int32(), NDArray.zeros(new Shape(new int[] {1}), CPU, DType.Int32()).dtype());
    assertArrayEquals(new float[] {2.5f, 2.5f}, NDArray.full(new Shape(new int[] {2}), 2.5f, CPU).toArray());
    assertEquals(DType.Float64(), NDArray.full(new Shape(new int[] {2}), 2.5, CPU).dtype());
    NDArray list = NDArray.array(Arrays.asList(1f, 2f, 3f), new Shape(Arrays.asList(1, 3)), CPU);
    assertArrayEquals(new int[] {1, 3}, list.shape().toArray());
    assertEquals(1f, list.at(0).at(0).toArray()[0]);
    NDArray doubles = NDArray.arrayWithDouble(Arrays.asList(1d, 2d), new Shape(new int[] {2}), CPU);
    assertArrayEquals(new double[] {1, 2}, doubles.toFloat64Array());
    assertArrayEquals(new float[] {0, 0, 2, 2}, NDArray.arange(0f, 4f, 2f, 2, CPU, DType.Float32()).toArray());
  }

  @Test
  void arithmetic() {
    NDArray a = array(1, 2, 3);
    NDArray b = array(4, 5, 6);
    assertArrayEquals(new float[] {5, 7, 9}, a.add(b).toArray());
    assertArrayEquals(new float[] {-1, 0, 1}, a.subtract(2f).toArray());
    assertArrayEquals(new float[] {4, 10, 18}, a.multiply(b).toArray());
    assertArrayEquals(new float[] {0.5f, 1, 1.5f}, a.div(2.0).toArray());
    assertArrayEquals(new float[] {1, 4, 9}, a.pow(2f).toArray());
    assertArrayEquals(new float[] {1, 0, 1}, a.mod(2f).toArray());
    assertArrayEquals(new float[] {0, 0, 1}, a.greater(2f).toArray());
    assertArrayEquals(new float[] {1, 1, 0}, a.lesserEqual(2f).toArray());
    assertArrayEquals(new float[] {4, 5, 6}, NDArray.maximum(a, b).toArray());
    assertArrayEquals(new float[] {2, 4, 8}, NDArray.power(2f, a).toArray());
    assertArrayEquals(new float[] {0, 1, 0}, NDArray.equal(a, 2f).toArray());
    a.addInplace(b);
    assertArrayEquals(new float[] {5, 7, 9}, a.toArray());
    assertTrue(a.equals(array(5, 7, 9)));
    assertArrayEquals(new float[] {7}, a.slice(1).toArray());
    assertArrayEquals(new float[] {1, 1, 1}, a.set(1f).toArray());
    assertArrayEquals(new float[] {1, 1, 1}, array(0, 0, 0).set(a).toArray());
  }

  /** In the instance's Python: methods of all arguments, and methods with a parameter object. */
  @Test
  void operators() {
    assertEquals(Math.sqrt(14), NDArray.norm(new normParam(array(1, 2, 3)))[0].toScalar(), 1e-5);
    NDArray out = array(0);
    NDArray.dot(new dotParam(array(1, 2, 3), array(1, 2, 3)).setOut(out));
    assertArrayEquals(new float[] {14}, out.toArray());
    assertArrayEquals(new float[] {1, 2}, NDArray.sqrt(array(1, 4), null)[0].toArray());
    topkParam best = new topkParam(array(3, 1, 2)).setK(2).setRet_typ("value");
    assertEquals(2, best.getK());
    assertArrayEquals(new float[] {3, 2}, NDArray.topk(best)[0].toArray());
  }

  @Test
  void scopesDisposeOfWhatIsMadeInThem() {
    List<NDArray> made = new ArrayList<>();
    NDArray before = array(1);
    try (ResourceScope scope = new ResourceScope()) {
      made.add(NDArray.ones(CPU, new int[] {100, 100}));
      made.add(made.get(0).add(1f));
    }
    made.forEach(each -> assertTrue(each.nd().isDisposed()));
    assertFalse(before.nd().isDisposed());
    before.dispose();
    assertTrue(before.nd().isDisposed());
  }

  @Test
  void descriptionsAndShapes() {
    DataDesc described = new DataDesc("data", new Shape(new int[] {1, 3, 2, 2}), DType.Float32(), "NCHW");
    assertTrue(described.toString().contains("data"));
    assertEquals(1, DataDesc.getBatchAxis("TNC"));
    Shape shape = new Shape(Arrays.asList(2, 3, 4));
    assertEquals(24, shape.product());
    assertEquals(3, shape.get(1));
    assertEquals(new Shape(new int[] {3, 4}), shape.drop(1));
    assertEquals(Arrays.asList(2, 3, 4), shape.toVector());
    assertEquals("(2,3,4)", shape.toString());
    assertEquals("NCHW", Layout.NCHW());
    assertEquals(Rules.version(), Version.version());
  }

  @Test
  void images() throws IOException {
    BufferedImage red = new BufferedImage(6, 4, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 24; i++) {
      red.setRGB(i % 6, i / 6, Color.RED.getRGB());
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(red, "png", bytes);
    NDArray decoded = Image.imDecode(bytes.toByteArray());
    assertArrayEquals(new int[] {4, 6, 3}, decoded.shape().toArray());
    assertArrayEquals(new float[] {255, 0, 0}, Arrays.copyOf(decoded.toArray(), 3));
    NDArray blueFirst = Image.imDecode(new ByteArrayInputStream(bytes.toByteArray()), 1, false);
    assertArrayEquals(new float[] {0, 0, 255}, Arrays.copyOf(blueFirst.toArray(), 3));
    assertArrayEquals(new int[] {2, 3, 3}, Image.imResize(decoded, 3, 2).shape().toArray());
    NDArray part = Image.fixedCrop(decoded, 1, 1, 2, 2);
    BufferedImage image = Image.toImage(part);
    assertEquals(Color.RED.getRGB(), image.getRGB(1, 1));
    Map<String, Integer> box = Map.of("xmin", 1, "xmax", 4, "ymin", 1, "ymax", 3);
    Image.drawBoundingBox(red, Arrays.asList(box, box), null);
    assertTrue(red.getRGB(1, 1) != Color.RED.getRGB());
  }
}
