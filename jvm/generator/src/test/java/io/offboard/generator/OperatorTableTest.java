package io.offboard.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorTableTest {
  private final OperatorTable table = Tables.project();

  OperatorTableTest() throws IOException {}

  private static List<String> names(List<Argument> arguments) {
    return arguments.stream().map(Argument::name).toList();
  }

  @Test
  void argumentsComeInTheTablesOrderArraysFirst() {
    Operator pooling = table.get("LeakyReLU");
    assertEquals(List.of("data", "gamma", "act_type", "slope", "lower_bound", "upper_bound"), names(pooling.current()));
    assertEquals(Kind.ARRAY, pooling.current().get(1).kind());
    assertEquals(new Argument("slope", Kind.FLOAT, true), pooling.current().get(3));
  }

  @Test
  void aListOfArraysIsOneArgument() {
    assertEquals(List.of(new Argument("data", Kind.ARRAYS, false), new Argument("num_args", Kind.INT, false),
        new Argument("dim", Kind.INT, true)), table.get("concat").current());
    assertEquals("args", table.get("ElementWiseSum").current().get(0).name());
  }

  @Test
  void whatTheTableCannotTellComesFromSignatures() {
    assertEquals(List.of("alpha", "shape", "dtype", "beta"), names(table.get("sample_gamma").current()));
    assertEquals(List.of("data", "sparseness_target", "penalty", "momentum"), names(table.get("IdentityAttachKLSparseReg").current()));
    assertFalse(table.get("smooth_l1").current().get(1).optional());
    assertEquals(3, table.get("fill_element_0index").current().size());
  }

  @Test
  void firstReleaseStaysAndNewArgumentsMayBeLeftOut() {
    Operator softmax = table.get("softmax");
    assertEquals(List.of("data", "axis", "temperature", "dtype"), names(softmax.first()));
    assertEquals(List.of("data", "axis", "temperature", "dtype", "length", "use_length"), names(softmax.merged()));
    assertTrue(softmax.merged().get(4).optional());
    assertTrue(table.get("squeeze").changedList());
    assertFalse(softmax.changedList());
  }

  @Test
  void javaKeepsTheLowerCaseNameOfAPair() {
    List<String> names = table.java().stream().map(Operator::name).toList();
    assertTrue(names.containsAll(List.of("softmax", "reshape", "concat", "SoftmaxOutput", "CTCLoss", "ctc_loss")));
    assertFalse(names.contains("Softmax") || names.contains("Reshape") || names.contains("Custom"));
  }

  @Test
  void randomNamesAreSharedByNumbersAndArrays() {
    assertEquals(25, table.random().size());
    assertTrue(table.random().containsAll(List.of("normal", "multinomial", "unique_zipfian", "uniform_like", "pdf_gamma")));
  }

  @Test
  void unknownTypesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Kind.ofTable("matrix"));
  }
}
