package io.offboard.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.offboard.client.Dtype;
import io.offboard.client.OffboardException;
import io.offboard.client.Tensor;
import io.offboard.testing.Daemon;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParamsFileTest {
  private static final Path LENET = Daemon.root().resolve("tests/data/digits-lenet/digits-lenet-0030.params");

  @Test
  void whatMxnetWroteComesOutAgainByteForByte() throws IOException {
    ParamsFile file = ParamsFile.load(LENET);
    assertArrayEquals(Files.readAllBytes(LENET), ParamsFile.dump(file.names(), file.arrays()));
  }

  @Test
  void largeFilesAreMapped(@TempDir Path folder) {
    Tensor big = Tensor.zeros(Dtype.FLOAT32, 300, 1000);
    big.data().putFloat(1_199_996, 7f);
    Tensor small = Tensor.zeros(Dtype.INT8, 3);
    Path path = folder.resolve("big.params");
    ParamsFile.save(path, List.of("big", "small"), List.of(StoredArray.dense(big), StoredArray.dense(small)));
    ParamsFile file = ParamsFile.load(path);
    ByteBuffer data = file.arrays().get(0).data().data();
    assertTrue(data.isDirect());
    assertEquals(7f, data.getFloat(1_199_996));
    data.putFloat(0, 1f);
    assertEquals(0f, ParamsFile.load(path).arrays().get(0).data().data().getFloat(0), "a write reached the file");
    assertArrayEquals(new long[] {3}, file.arrays().get(1).shape());
  }

  @Test
  void sparseArraysKeepTheirParts() {
    Tensor rows = Tensor.zeros(Dtype.FLOAT32, 2, 3);
    Tensor indices = Tensor.zeros(Dtype.INT64, 2);
    byte[] bytes = ParamsFile.dump(List.of(), List.of(StoredArray.sparse(new long[] {5, 3}, rows, List.of(indices))));
    StoredArray read = ParamsFile.loads(ByteBuffer.wrap(bytes), "memory").arrays().get(0);
    assertTrue(read.isSparse());
    assertArrayEquals(new long[] {5, 3}, read.shape());
    assertArrayEquals(new long[] {2, 3}, read.data().shape());
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(LENET);
    for (int length = 0; length < whole.length; length += 97) {
      ByteBuffer part = ByteBuffer.wrap(Arrays.copyOf(whole, length));
      OffboardException error = assertThrows(OffboardException.class, () -> ParamsFile.loads(part, "part"));
      assertTrue(error.getMessage().startsWith("Invalid NDArray file format"), error::getMessage);
    }
  }

  @Test
  void oneArrayIsWrittenWithoutAContainer() {
    Tensor tensor = Tensor.zeros(Dtype.INT32, 2, 2);
    tensor.data().putInt(4, 9);
    byte[] bytes = ParamsFile.dumpOne(StoredArray.dense(tensor));
    Tensor read = ParamsFile.loadOne(ByteBuffer.wrap(bytes), "memory").data();
    assertArrayEquals(new long[] {2, 2}, read.shape());
    assertEquals(9, read.data().getInt(4));
    assertThrows(OffboardException.class, () -> ParamsFile.loadOne(ByteBuffer.wrap(bytes, 0, bytes.length - 1), "part"));
  }

  @Test
  void aMissingFileIsNamed() {
    OffboardException error = assertThrows(OffboardException.class, () -> ParamsFile.load(Path.of("nowhere.params")));
    assertTrue(error.getMessage().contains("Open \"nowhere.params\""), error::getMessage);
  }
}
