package io.offboard.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.mxnet.infer.javaapi.Predictor;
import org.apache.mxnet.javaapi.Context;
import org.apache.mxnet.javaapi.DType;
import org.apache.mxnet.javaapi.DataDesc;
import org.apache.mxnet.javaapi.NDArray;
import org.apache.mxnet.javaapi.Shape;
import org.apache.mxnet.javaapi.random_uniformParam;
import org.apache.mxnet.javaapi.random_normalParam;
import scala.runtime.AbstractFunction0;

/** Plays the cases through the Java API: contexts, arrays and the Predictor, which is all that it binds with. */
public final class JavaDriver {
  private JavaDriver() {}

  public static void main(String[] arguments) throws IOException {
    Dialogue dialogue = new Dialogue(JavaDriver::within);
    contexts(dialogue);
    arrays(dialogue);
    predictors(dialogue);
    dialogue.run();
  }

  private static Object within(Object context, Dialogue.Step body, JsonObject request, Map<String, Object> values) throws Exception {
    Exception[] failed = new Exception[1];
    Object result = ((Context) context).withScope(new AbstractFunction0<Object>() {
      @Override
      public Object apply() {
        try {
          return body.play(request, values);
        } catch (Exception error) {
          failed[0] = error;
          return null;
        }
      }
    });
    if (failed[0] != null) {
      throw failed[0];
    }
    return result;
  }

  private static void contexts(Dialogue dialogue) {
    dialogue.capability("context").capability("context_scope")
        .step("context", (request, values) -> {
          String kind = request.get("kind").getAsString();
          if (request.has("id")) {
            return new Context(kind, request.get("id").getAsInt());
          }
          return kind.equals("eia") ? Context.eia() : kind.equals("gpu") ? Context.gpu() : Context.cpu();
        })
        .step("text_of", (request, values) -> value(request, values, "value").toString())
        .step("device_type", (request, values) -> context(request, values, "value").deviceType())
        .step("device_typeid", (request, values) -> context(request, values, "value").deviceTypeid())
        .step("equal", (request, values) -> value(request, values, "left").equals(value(request, values, "right")));
  }

  private static void arrays(Dialogue dialogue) {
    dialogue.capability("array").capability("creation").capability("random")
        .step("array", (request, values) -> {
          JsonElement numbers = request.get("values");
          return new NDArray(Nested.numbers(numbers), new Shape(Nested.shape(numbers)), placed(request, values));
        })
        .step("ones", (request, values) -> NDArray.ones(placed(request, values), shape(request)))
        .step("zeros", (request, values) -> NDArray.zeros(placed(request, values), shape(request)))
        .step("empty", (request, values) -> NDArray.empty(placed(request, values), shape(request)))
        .step("full", (request, values) -> NDArray.full(new Shape(shape(request)), request.get("value").getAsFloat(), placed(request, values)))
        .step("arange", (request, values) ->
            NDArray.arange(0, request.get("stop").getAsFloat(), 1, 1, placed(request, values), DType.Float32()))
        .step("random_uniform", (request, values) -> NDArray.random_uniform(
            new random_uniformParam().setShape(new Shape(shape(request))).setCtx(placed(request, values).toString()))[0])
        .step("random_normal", (request, values) -> NDArray.random_normal(
            new random_normalParam().setShape(new Shape(shape(request))).setCtx(placed(request, values).toString()))[0])
        .step("as_in_context", (request, values) -> array(request, values, "array").asInContext(context(request, values, "context")))
        .step("copy_to", (request, values) -> array(request, values, "array").copyTo(context(request, values, "context")));
  }

  private static void predictors(Dialogue dialogue) {
    dialogue.capability("predictor")
        .step("predictor", (request, values) -> {
          List<DataDesc> inputs = new ArrayList<>();
          Nested.entries(request, "data_shapes").forEach((name, shape) ->
              inputs.add(new DataDesc(name, new Shape(Nested.integers(shape)), DType.Float32(), "NCHW")));
          return new Predictor(request.get("checkpoint").getAsString(), inputs, List.of(context(request, values, "context")),
              request.get("epoch").getAsInt());
        })
        .step("predict", (request, values) -> {
          NDArray given = array(request, values, "input");
          NDArray answer = ((Predictor) value(request, values, "predictor")).predictWithNDArray(List.of(given)).get(0);
          return Nested.nest(answer.toArray(), answer.shape().toArray());
        })
        .step("predict_numbers", (request, values) -> {
          float[] given = array(request, values, "input").toArray();
          return ((Predictor) value(request, values, "predictor")).predict(new float[][] {given})[0];
        });
  }

  private static Object value(JsonObject request, Map<String, Object> values, String name) {
    return values.get(request.get(name).getAsString());
  }

  private static Context context(JsonObject request, Map<String, Object> values, String name) {
    return (Context) value(request, values, name);
  }

  private static NDArray array(JsonObject request, Map<String, Object> values, String name) {
    return (NDArray) value(request, values, name);
  }

  /** The context given, else the calling thread's. */
  private static Context placed(JsonObject request, Map<String, Object> values) {
    return request.has("context") ? context(request, values, "context") : Context.defaultCtx();
  }

  private static int[] shape(JsonObject request) {
    return Nested.integers(request.get("shape"));
  }
}
