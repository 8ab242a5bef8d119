package io.offboard.client;

import com.google.protobuf.UnsafeByteOperations;
import io.offboard.wire.accelerator.TensorDescription;
import io.offboard.wire.inference.InferParameter;
import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The request of a forward: laid out once for the inputs that travel and for all inputs' shapes, filled for each forward. */
final class Request {
  private static final String REGION = "shared_memory_region";
  private static final String OFFSET = "shared_memory_offset";
  private static final String SIZE = "shared_memory_byte_size";

  private final List<String> sent;
  private final List<String> inputs;
  private final Dtype[] dtypes;
  private final long[][] shapes;
  private final boolean knowsOutputs;
  private final ModelInferRequest message;
  /** Null where tensors travel in the message. */
  private final Segment segment;

  /**
   * Lays a request out.
   *
   * @param inputs all of the executor's
   * @param sent those that travel, through the segment if there is one
   * @param outputs those whose shapes are known: with a segment they come back in it
   */
  Request(String executor, List<String> inputs, List<String> sent, Map<String, Tensor> arrays, List<TensorDescription> outputs,
      Segment segment) {
    this.inputs = inputs;
    this.sent = sent;
    this.segment = segment;
    knowsOutputs = !outputs.isEmpty();
    dtypes = inputs.stream().map(name -> arrays.get(name).dtype()).toArray(Dtype[]::new);
    shapes = inputs.stream().map(name -> arrays.get(name).shape()).toArray(long[][]::new);
    ModelInferRequest.Builder builder = ModelInferRequest.newBuilder().setModelName(executor);
    long offset = 0;
    for (String name : sent) {
      Tensor array = arrays.get(name);
      ModelInferRequest.InferInputTensor.Builder tensor =
          builder.addInputsBuilder().setName(name).setDatatype(array.dtype().datatype());
      for (long dimension : array.shape()) {
        tensor.addShape(dimension);
      }
      if (segment != null) {
        tensor.putAllParameters(place(segment, offset, array.byteSize()));
        offset += Segment.aligned(array.byteSize());
      }
    }
    for (TensorDescription each : segment == null ? List.<TensorDescription>of() : outputs) {
      ModelInferRequest.InferRequestedOutputTensor.Builder wanted = builder.addOutputsBuilder().setName(each.getName());
      long size = sizeOf(each);
      if (size > 0 && offset + size <= segment.size()) {
        wanted.putAllParameters(place(segment, offset, size));
        offset += Segment.aligned(size);
      }
    }
    message = builder.build();
  }

  /** Whether it serves for these inputs that travel, and for arrays of these shapes and types. */
  boolean fits(List<String> wanted, Map<String, Tensor> arrays) {
    boolean fits = wanted.equals(sent);
    for (int i = 0; fits && i < shapes.length; i++) {
      Tensor array = arrays.get(inputs.get(i));
      fits = array.dtype() == dtypes[i] && Arrays.equals(shapes[i], array.shape());
    }
    return fits;
  }

  /** Whether it was laid out with outputs of known shapes. */
  boolean knowsOutputs() {
    return knowsOutputs;
  }

  /** The message for these arrays. */
  ModelInferRequest fill(Map<String, Tensor> arrays) {
    if (segment == null) {
      ModelInferRequest.Builder builder = message.toBuilder();
      sent.forEach(name -> builder.addRawInputContents(UnsafeByteOperations.unsafeWrap(arrays.get(name).data())));
      return builder.build();
    }
    long offset = 0;
    for (String name : sent) {
      Tensor array = arrays.get(name);
      segment.put(offset, array);
      offset += Segment.aligned(array.byteSize());
    }
    return message;
  }

  /** Hands the outputs on: from the answer, or from where the worker wrote them. */
  void receive(ModelInferResponse reply, Receiver receiver) {
    int raw = 0;
    for (int i = 0; i < reply.getOutputsCount(); i++) {
      ModelInferResponse.InferOutputTensor each = reply.getOutputs(i);
      Dtype dtype = Dtype.ofDatatype(each.getDatatype());
      long[] shape = new long[each.getShapeCount()];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = each.getShape(axis);
      }
      ByteBuffer data = segment != null && each.containsParameters(REGION)
          ? segment.view(each.getParametersOrThrow(OFFSET).getInt64Param(), Math.toIntExact(Tensor.byteSize(dtype, shape)))
          : reply.getRawOutputContents(raw++).asReadOnlyByteBuffer().order(ByteOrder.nativeOrder());
      receiver.take(i, dtype, shape, data);
    }
  }

  /** Bytes of a segment that holds inputs, and the outputs whose size is known. */
  static long roomNeeded(Collection<String> sent, Map<String, Tensor> arrays, List<TensorDescription> outputs) {
    return sent.stream().mapToLong(name -> Segment.aligned(arrays.get(name).byteSize())).sum()
        + outputs.stream().mapToLong(each -> Segment.aligned(sizeOf(each))).sum();
  }

  private static Map<String, InferParameter> place(Segment segment, long offset, long size) {
    return Map.of(REGION, InferParameter.newBuilder().setStringParam(segment.name()).build(), OFFSET,
        InferParameter.newBuilder().setInt64Param(offset).build(), SIZE, InferParameter.newBuilder().setInt64Param(size).build());
  }

  /** Bytes of an output, 0 when that depends on the data. */
  private static long sizeOf(TensorDescription description) {
    long size = Dtype.ofDatatype(description.getDatatype()).size();
    for (long dimension : description.getShapeList()) {
      size = dimension < 0 ? 0 : size * dimension;
    }
    return size;
  }
}
