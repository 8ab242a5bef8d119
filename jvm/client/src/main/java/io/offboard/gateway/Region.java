package io.offboard.gateway;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;

/**
 * A file in memory that the gateway maps. It has no name once both have it open, so that nothing is left behind when a process is
 * killed.
 */
final class Region implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final FileAttribute<?> PRIVATE = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Connection connection;
  private final FileChannel channel;
  private final long size;
  private final int id;

  private Region(Connection connection, FileChannel channel, long size, int id) {
    this.connection = connection;
    this.channel = channel;
    this.size = size;
    this.id = id;
  }

  static Region open(Connection connection, long size) {
    try {
      return openIn(SHARED_MEMORY, connection, size);
    } catch (IOException full) {
      // A container's shared memory may be small, and other systems have none.
      try {
        return openIn(Path.of(System.getProperty("java.io.tmpdir")), connection, size);
      } catch (IOException error) {
        throw new GatewayException("No room for " + size + " bytes to hand to the instance's Python: " + error.getMessage(), error);
      }
    }
  }

  private static Region openIn(Path folder, Connection connection, long size) throws IOException {
    Path path = folder.resolve("offboard-" + UUID.randomUUID());
    FileChannel channel = FileChannel.open(path,
        EnumSet.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), PRIVATE);
    try {
      reserve(channel, size);
      JsonObject request = new JsonObject();
      request.addProperty("path", path.toString());
      request.addProperty("size", size);
      return new Region(connection, channel, size, connection.call("open_region", request).get("region").getAsInt());
    } catch (IOException | RuntimeException error) {
      channel.close();
      throw error;
    } finally {
      Files.deleteIfExists(path);
    }
  }

  /** Writes zeros: memory that is not there when the gateway writes to it would kill it. */
  private static void reserve(FileChannel channel, long size) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(size, 1 << 20));
    for (long written = 0; written < size; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), size - written));
      written += channel.write(zeros, written);
    }
  }

  int id() {
    return id;
  }

  long size() {
    return size;
  }

  /** Bytes that tensors take one after the other. */
  static long sizeOf(Iterable<Tensor> tensors) {
    long size = 0;
    for (Tensor tensor : tensors) {
      size = aligned(size + tensor.byteSize());
    }
    return size;
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Copies tensors in, one after the other from the beginning; their descriptions. */
  JsonArray put(List<Tensor> tensors) {
    JsonArray described = new JsonArray();
    long offset = 0;
    for (Tensor tensor : tensors) {
      described.add(describe(tensor, offset));
      write(offset, tensor);
      offset = aligned(offset + tensor.byteSize());
    }
    return described;
  }

  static JsonObject describe(Tensor tensor, long offset) {
    JsonArray shape = new JsonArray();
    for (long dimension : tensor.shape()) {
      shape.add(dimension);
    }
    JsonObject description = new JsonObject();
    description.addProperty("dtype", tensor.dtype());
    description.add("shape", shape);
    description.addProperty("offset", offset);
    return description;
  }

  void write(long offset, Tensor tensor) {
    try {
      ByteBuffer data = tensor.data();
      for (long at = offset; data.hasRemaining(); ) {
        at += channel.write(data, at);
      }
    } catch (IOException error) {
      throw new GatewayException("Memory shared with the instance's Python cannot be written: " + error.getMessage(), error);
    }
  }

  /** Copies the tensors of a reply out, each into memory of its own. */
  List<Tensor> take(JsonArray described) {
    List<Tensor> tensors = new java.util.ArrayList<>(described.size());
    described.forEach(each -> tensors.add(read(each.getAsJsonObject())));
    return tensors;
  }

  private Tensor read(JsonObject description) {
    JsonArray dimensions = description.getAsJsonArray("shape");
    long[] shape = new long[dimensions.size()];
    long bytes = Dtypes.size(description.get("dtype").getAsString());
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = dimensions.get(axis).getAsLong();
      bytes = Math.multiplyExact(bytes, shape[axis]);
    }
    if (bytes > Integer.MAX_VALUE) {
      throw new GatewayException("An array of " + bytes + " bytes is larger than a JVM's buffer can be (2 GiB)");
    }
    ByteBuffer data = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    try {
      for (long at = description.get("offset").getAsLong(); data.hasRemaining(); ) {
        int read = channel.read(data, at);
        if (read < 0) {
          throw new IOException("it ends too early");
        }
        at += read;
      }
    } catch (IOException error) {
      throw new GatewayException("Memory shared with the instance's Python cannot be read: " + error.getMessage(), error);
    }
    data.flip();
    return new Tensor(description.get("dtype").getAsString(), shape, data);
  }

  @Override
  public void close() {
    try {
      channel.close();
      JsonObject request = new JsonObject();
      request.addProperty("region", id);
      connection.call("close_region", request);
    } catch (IOException | RuntimeException gone) {
      // A gateway that ended has forgotten it already.
      return;
    }
  }
}
