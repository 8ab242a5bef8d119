package io.offboard.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.offboard.client.OffboardException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FactsTest {
  @Test
  void inputsVaryWithParameters() {
    Facts convolution = OperatorTable.find("Convolution");
    Map<String, String> required = Map.of("kernel", "(3, 3)", "num_filter", "8");
    assertEquals(List.of("data", "weight", "bias"), convolution.inputNames(convolution.parse(required)));
    Map<String, String> without = Map.of("kernel", "(3,3)", "num_filter", "8", "no_bias", "True");
    assertEquals(List.of("data", "weight"), convolution.inputNames(convolution.parse(without)));
    Facts concat = OperatorTable.find("concat");
    assertEquals("Concat", concat.name());
    assertEquals(List.of("arg0", "arg1"), concat.inputNames(concat.parse(Map.of("num_args", "2"))));
  }

  @Test
  void outputsVaryWithParameters() {
    Facts norm = OperatorTable.find("BatchNorm");
    assertEquals(List.of("output", "mean", "var"), norm.outputNames(norm.parse(Map.of("output_mean_var", "1"))));
    assertEquals(List.of("moving_mean", "moving_var"), norm.auxiliaryNames());
    Facts split = OperatorTable.find("split");
    assertEquals(List.of("output0", "output1"), split.outputNames(split.parse(Map.of("num_outputs", "2"))));
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {"(1, 2)", "[1,2]", "(1L, 2L)", "(1,2,)"})
  void tuplesAreReadAsMxnetReadsThem(String text) {
    assertEquals(Arrays.asList(1L, 2L), OperatorTable.find("transpose").parse(Map.of("axes", text)).get("axes"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {
      "nonsense; 1; Cannot find argument 'nonsense'",
      "num_filter; -1; Invalid Parameter format for num_filter expect int (non-negative) but value='-1'",
      "layout; XYZ; Invalid Input: 'XYZ', valid values are: {'NCDHW', 'NCHW', 'NCW', 'NDHWC', 'NHWC'}",
      "kernel; (1, x); Invalid Parameter format for kernel expect Shape(tuple) but value='(1, x)'",
      "workspace; 1; Required parameter kernel of shape is not presented",
  })
  void refusalsSayWhatMxnetSays(String key, String value, String said) {
    OffboardException error =
        assertThrows(OffboardException.class, () -> OperatorTable.find("Convolution").parse(Map.of(key, value)));
    assertTrue(error.getMessage().contains(said), error::getMessage);
  }
}
