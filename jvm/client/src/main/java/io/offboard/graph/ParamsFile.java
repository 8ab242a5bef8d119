package io.offboard.graph;

import io.offboard.client.Dtype;
import io.offboard.client.OffboardException;
import io.offboard.client.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * {@code .params} files (NDArray containers) of every MXNet version, both ways. Large files are mapped copy-on-write: an array
 * costs no memory of its own until it is written to. Those of a large file that cannot be written are read-only.
 */
public final class ParamsFile {
  private static final long HEADER = 0x112;
  private static final int V1 = 0xF993FAC8;
  private static final int V2 = 0xF993FAC9;
  private static final int V3 = 0xF993FACA;
  private static final int DIMENSIONS = 32;
  private static final int MAPPED = 1 << 20;
  private static final long WINDOW = 1L << 30;

  private final List<String> names;
  private final List<StoredArray> arrays;

  private ParamsFile(List<String> names, List<StoredArray> arrays) {
    this.names = names;
    this.arrays = arrays;
  }

  /** Names in the file's order; empty where the arrays have none. */
  public List<String> names() {
    return names;
  }

  /** Arrays in the file's order; null for one that MXNet wrote without a shape. */
  public List<StoredArray> arrays() {
    return arrays;
  }

  /** Reads a file. */
  public static ParamsFile load(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return read(channel, path, FileChannel.MapMode.PRIVATE);
    } catch (IOException notWritable) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
        return read(channel, path, FileChannel.MapMode.READ_ONLY);
      } catch (IOException error) {
        throw cannotOpen(path, error);
      }
    }
  }

  private static ParamsFile read(FileChannel channel, Path path, FileChannel.MapMode mode) throws IOException {
    long size = channel.size();
    if (size < MAPPED) {
      ByteBuffer content = ByteBuffer.allocate((int) size);
      while (content.hasRemaining() && channel.read(content) >= 0) {
        continue;
      }
      content.flip();
      return loads(content, path.toString());
    }
    return new Reader(size, path.toString(), (start, length) -> {
      try {
        return channel.map(mode, start, length);
      } catch (IOException error) {
        throw cannotOpen(path, error);
      }
    }).file();
  }

  /** Reads a file's bytes; the arrays are views of the buffer. */
  public static ParamsFile loads(ByteBuffer data, String name) {
    return new Reader(data.slice(), name).file();
  }

  private static OffboardException cannotOpen(Path path, IOException error) {
    return new OffboardException("LocalFileSystem: Check failed: Open \"" + path + "\": " + error.getMessage(), error);
  }

  /** Writes a file as MXNet 1.9.1 does. */
  public static void save(Path path, List<String> names, List<StoredArray> arrays) {
    try (FileChannel channel = FileChannel.open(
        path, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
      write(channel, names, arrays);
    } catch (IOException error) {
      throw cannotOpen(path, error);
    }
  }

  /** A file's bytes. */
  public static byte[] dump(List<String> names, List<StoredArray> arrays) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      write(Channels.newChannel(bytes), names, arrays);
    } catch (IOException error) {
      throw new IllegalStateException("memory cannot fail", error);
    }
    return bytes.toByteArray();
  }

  /** The bytes of one array, without a container around it. */
  public static byte[] dumpOne(StoredArray array) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      new Writer(Channels.newChannel(bytes)).array(array);
    } catch (IOException error) {
      throw new IllegalStateException("memory cannot fail", error);
    }
    return bytes.toByteArray();
  }

  /** The array of such bytes, which it is a view of. */
  public static StoredArray loadOne(ByteBuffer data, String name) {
    return new Reader(data.slice(), name).entry();
  }

  private static void write(WritableByteChannel channel, List<String> names, List<StoredArray> arrays) throws IOException {
    Writer writer = new Writer(channel);
    writer.put(HEADER).put(0L).put((long) arrays.size());
    for (StoredArray array : arrays) {
      writer.array(array);
    }
    writer.put((long) names.size());
    for (String name : names) {
      byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
      writer.put((long) encoded.length).raw(ByteBuffer.wrap(encoded));
    }
  }

  private static final class Writer {
    private final WritableByteChannel channel;

    Writer(WritableByteChannel channel) {
      this.channel = channel;
    }

    Writer raw(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      return this;
    }

    Writer put(long value) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(value).flip();
      return raw(bytes);
    }

    Writer put(int value) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putInt(value).flip();
      return raw(bytes);
    }

    Writer shape(long... dimensions) throws IOException {
      put(dimensions.length);
      for (long dimension : dimensions) {
        put(dimension);
      }
      return this;
    }

    void array(StoredArray array) throws IOException {
      put(V2);
      if (array == null) {
        put(0).put(0);
        return;
      }
      put(array.auxiliary().size());
      Tensor data = array.data();
      if (array.isSparse()) {
        shape(data.shape());
      }
      shape(array.shape().length == 0 ? new long[] {1} : array.shape());
      put(1).put(0).put(flag(data));
      for (Tensor each : array.auxiliary()) {
        put(flag(each)).shape(each.shape());
      }
      raw(data.data());
      for (Tensor each : array.auxiliary()) {
        raw(each.data());
      }
    }

    private static int flag(Tensor tensor) {
      if (tensor.dtype().flag() < 0) {
        throw new OffboardException("MXNet has no arrays of " + tensor.dtype().numpyName());
      }
      return tensor.dtype().flag();
    }
  }

  /** Bytes of a file from an offset on. */
  private interface Source {
    ByteBuffer part(long start, long length);
  }

  private static final class Reader {
    private final long size;
    private final String name;
    private final Source source;
    private long offset;
    /** What was fetched last, and where it begins. */
    private ByteBuffer window = ByteBuffer.allocate(0);
    private long windowStart;

    Reader(long size, String name, Source source) {
      this.size = size;
      this.name = name;
      this.source = source;
    }

    Reader(ByteBuffer content, String name) {
      this(content.limit(), name, (start, length) -> {
        ByteBuffer part = content.duplicate();
        part.position((int) start).limit((int) (start + length));
        return part.slice();
      });
    }

    ParamsFile file() {
      if (size < 24 || number64() != HEADER) {
        throw refuse("it does not begin as one");
      }
      number64();
      long count = number64();
      // The shortest entry is a V2 "none": 12 bytes.
      if (count < 0 || count > size / 8) {
        throw refuse(Long.toUnsignedString(count) + " arrays in " + size + " bytes");
      }
      List<StoredArray> arrays = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        arrays.add(entry());
      }
      long named = number64();
      if (named != 0 && named != count) {
        throw refuse(Long.toUnsignedString(named) + " names for " + count + " arrays");
      }
      List<String> names = new ArrayList<>();
      for (long i = 0; i < named; i++) {
        ByteBuffer encoded = take(number64());
        try {
          names.add(StandardCharsets.UTF_8.newDecoder().decode(encoded).toString());
        } catch (CharacterCodingException error) {
          throw refuse("a name is not UTF-8");
        }
      }
      return new ParamsFile(names, arrays);
    }

    private StoredArray entry() {
      int magic = number32();
      if (magic == V3) {
        throw refuse("an array was saved with np shape semantics, which the legacy interface does not read");
      }
      if (magic == V2) {
        return entryV2();
      }
      long[] shape = magic == V1 ? shape(number32(), this::dimension64) : shape(magic, this::dimension32);
      if (shape.length == 0) {
        return null;
      }
      number64();
      return StoredArray.dense(array(dtype(), shape));
    }

    private StoredArray entryV2() {
      int kind = number32();
      if (kind < 0 || kind > 2) {
        throw refuse("Unknown storage type" + kind);
      }
      long[] storage = kind == 0 ? null : shape(number32(), this::dimension64);
      long[] shape = shape(number32(), this::dimension64);
      if (shape.length == 0) {
        return null;
      }
      number64();
      Dtype dtype = dtype();
      if (kind == 0) {
        return StoredArray.dense(array(dtype, shape));
      }
      Dtype[] types = new Dtype[kind];
      long[][] shapes = new long[kind][];
      for (int i = 0; i < kind; i++) {
        types[i] = dtype();
        shapes[i] = shape(number32(), this::dimension64);
      }
      Tensor data = array(dtype, storage);
      List<Tensor> auxiliary = new ArrayList<>();
      for (int i = 0; i < kind; i++) {
        auxiliary.add(array(types[i], shapes[i]));
      }
      return StoredArray.sparse(shape, data, auxiliary);
    }

    private Dtype dtype() {
      int flag = number32();
      Dtype dtype = Dtype.ofFlag(flag);
      if (dtype == null) {
        throw refuse("Unknown type enum " + flag);
      }
      return dtype;
    }

    private long[] shape(int dimensions, LongFunction<Long> read) {
      if (dimensions < 0 || dimensions > DIMENSIONS) {
        throw refuse(Integer.toUnsignedString(dimensions) + " dimensions");
      }
      long[] shape = new long[dimensions];
      for (int i = 0; i < dimensions; i++) {
        shape[i] = read.apply(i);
        if (shape[i] < 0) {
          throw refuse("shape dim size must be >= -1, while received " + shape[i]);
        }
      }
      return shape;
    }

    private long dimension64(long axis) {
      return number64();
    }

    private long dimension32(long axis) {
      return Integer.toUnsignedLong(number32());
    }

    private Tensor array(Dtype dtype, long[] shape) {
      long bytes;
      try {
        long count = 1;
        for (long dimension : shape) {
          count = dimension == 0 || count == 0 ? 0 : Math.multiplyExact(count, dimension);
        }
        bytes = Math.multiplyExact(count, dtype.size());
      } catch (ArithmeticException error) {
        throw refuse("truncated at byte " + offset);
      }
      return new Tensor(dtype, shape, take(bytes));
    }

    private long number64() {
      return take(8).getLong();
    }

    private int number32() {
      return take(4).getInt();
    }

    /** The next bytes, which must be there. */
    private ByteBuffer take(long length) {
      if (length < 0 || length > size - offset) {
        throw refuse("truncated at byte " + offset);
      }
      if (length > Integer.MAX_VALUE) {
        throw refuse("an array of " + length + " bytes is larger than a JVM's buffer");
      }
      if (offset < windowStart || offset + length > windowStart + window.limit()) {
        windowStart = offset;
        window = source.part(offset, Math.min(Math.max(length, WINDOW), size - offset));
      }
      ByteBuffer part = window.duplicate();
      part.position((int) (offset - windowStart)).limit((int) (offset - windowStart + length));
      offset += length;
      return part.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private OffboardException refuse(String why) {
      return new OffboardException("Invalid NDArray file format: " + name + ": " + why);
    }
  }
}
