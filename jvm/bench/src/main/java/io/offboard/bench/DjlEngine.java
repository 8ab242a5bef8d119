package io.offboard.bench;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import java.nio.file.Path;
import java.util.Arrays;

/** DJL's engine over MXNet 1.9.1's own library, in this process. */
final class DjlEngine implements Engine {
  private final ZooModel<NDList, NDList> model;
  private final Predictor<NDList, NDList> predictor;
  private final Shape shape;

  DjlEngine(String checkpoint, int[] shape) throws Exception {
    Path path = Path.of(checkpoint);
    model = Criteria.builder().setTypes(NDList.class, NDList.class).optEngine("MXNet").optModelPath(path.getParent())
        .optModelName(path.getFileName().toString()).optTranslator(new NoopTranslator()).build().loadModel();
    predictor = model.newPredictor();
    this.shape = new Shape(Arrays.stream(shape).asLongStream().toArray());
  }

  @Override
  public float[] infer(float[] input) throws Exception {
    try (NDManager manager = model.getNDManager().newSubManager()) {
      NDList output = predictor.predict(new NDList(manager.create(input, shape)));
      try {
        return output.head().toFloatArray();
      } finally {
        output.close();
      }
    }
  }

  @Override
  public void close() {
    predictor.close();
    model.close();
  }
}
