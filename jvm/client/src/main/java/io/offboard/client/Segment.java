package io.offboard.client;

import io.offboard.wire.inference.GRPCInferenceServiceGrpc;
import io.offboard.wire.inference.SystemSharedMemoryRegisterRequest;
import io.offboard.wire.inference.SystemSharedMemoryUnregisterRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file in the system's shared memory, mapped here and registered with the worker. */
final class Segment implements AutoCloseable {
  /** Below this many bytes a copy through the socket costs less than the shared memory's calls. */
  static final int THRESHOLD = 64 << 10;

  private static final Path FOLDER = Path.of("/dev/shm");
  private static final int PAGE = 4096;

  private final Connection connection;
  private final String name = "offboard-" + StateFiles.hex(12);
  private final MappedByteBuffer memory;

  /** Throws IOException when there is no room, or no such memory. */
  Segment(Connection connection, int size) throws IOException {
    this.connection = connection;
    Path path = FOLDER.resolve(name);
    try (FileChannel channel = FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      // Written, so that it is there: touching memory that is not would kill the process.
      ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(size, 1 << 20));
      for (int written = 0; written < size;) {
        zeros.clear().limit(Math.min(zeros.capacity(), size - written));
        written += channel.write(zeros);
      }
      memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, size);
      connection.call(GRPCInferenceServiceGrpc.getSystemSharedMemoryRegisterMethod(),
          SystemSharedMemoryRegisterRequest.newBuilder().setName(name).setKey(name).setByteSize(size).build(),
          "registering shared memory", 10);
    } catch (AcceleratorException error) {
      throw new IOException("the accelerator does not see this host's shared memory: " + error.getMessage(), error);
    } catch (UnsupportedOperationException error) {
      throw new IOException("this host has no shared memory files", error);
    } finally {
      // Both sides have it open: nothing is left behind even if the process is killed.
      Files.deleteIfExists(path);
    }
  }

  String name() {
    return name;
  }

  int size() {
    return memory.capacity();
  }

  static long aligned(long size) {
    return (size + PAGE - 1) / PAGE * PAGE;
  }

  /** Copies a tensor in. */
  void put(long offset, Tensor tensor) {
    ByteBuffer to = memory.duplicate();
    to.position((int) offset);
    to.put(tensor.data());
  }

  /** Bytes as they are now: the next inference may change them. */
  ByteBuffer view(long offset, int size) {
    ByteBuffer part = memory.duplicate();
    part.position((int) offset).limit((int) offset + size);
    return part.slice().order(ByteOrder.nativeOrder());
  }

  /** The worker forgets it; the mapping here goes with the collector. */
  @Override
  public void close() {
    connection.tell(GRPCInferenceServiceGrpc.getSystemSharedMemoryUnregisterMethod(),
        SystemSharedMemoryUnregisterRequest.newBuilder().setName(name).build());
  }
}
