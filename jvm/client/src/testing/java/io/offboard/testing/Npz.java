package io.offboard.testing;

import io.offboard.client.Dtype;
import io.offboard.client.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** NumPy's {@code .npz}: arrays by name. */
public final class Npz {
  private static final Pattern HEADER = Pattern.compile("'descr': '[<|](\\w+)'.*'fortran_order': False, 'shape': \\(([^)]*)\\)");
  private static final Map<String, Dtype> TYPES = Map.of("f4", Dtype.FLOAT32, "f8", Dtype.FLOAT64, "f2", Dtype.FLOAT16, "i4",
      Dtype.INT32, "i8", Dtype.INT64, "i1", Dtype.INT8, "u1", Dtype.UINT8, "b1", Dtype.BOOL);

  private final Path path;

  public Npz(Path path) {
    this.path = path;
  }

  /** The array of a name. */
  public Tensor get(String name) {
    try (ZipFile file = new ZipFile(path.toFile())) {
      ZipEntry entry = file.getEntry(name + ".npy");
      try (InputStream stream = file.getInputStream(entry)) {
        return array(ByteBuffer.wrap(stream.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static Tensor array(ByteBuffer content) {
    int version = content.get(6);
    int length = version == 1 ? Short.toUnsignedInt(content.getShort(8)) : content.getInt(8);
    int start = version == 1 ? 10 : 12;
    String header = new String(content.array(), start, length, StandardCharsets.ISO_8859_1);
    Matcher found = HEADER.matcher(header);
    if (!found.find()) {
      throw new IllegalArgumentException("cannot read " + header);
    }
    String[] dimensions = found.group(2).replace(" ", "").split(",");
    long[] shape = java.util.Arrays.stream(dimensions).filter(each -> !each.isEmpty()).mapToLong(Long::parseLong).toArray();
    content.position(start + length);
    return new Tensor(TYPES.get(found.group(1)), shape, content);
  }
}
