package io.offboard.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class GeneratedSourceTest {
  private final OperatorTable table = Tables.project();

  GeneratedSourceTest() throws IOException {}

  private static void assertHas(String source, String line) {
    assertTrue(source.contains(line), () -> "not generated: " + line);
  }

  @Test
  void untypedMethodsComeInTwoForms() {
    String source = new ScalaMethods(table).ndarrayBase();
    assertHas(source, "def Custom(kwargs: Map[String, Any] = null)(args: Any*): NDArrayFuncReturn =");
    assertHas(source, "def Custom(args: Any*): NDArrayFuncReturn =");
    assertHas(new ScalaMethods(table).symbolBase(),
        "def exp(name: String = null, attr: Map[String, String] = null)(args: Symbol*)(kwargs: Map[String, Any] = null): Symbol =");
  }

  @Test
  void typedMethodsHaveOptionsForWhatMayBeLeftOut() {
    assertHas(new ScalaMethods(table).ndarrayApi(),
        "def topk(data: NDArray, axis: Option[Int] = None, k: Option[Int] = None, ret_typ: Option[String] = None, "
            + "is_ascend: Option[Boolean] = None, dtype: Option[String] = None, out: Option[NDArray] = None): NDArrayFuncReturn =");
    assertHas(new ScalaMethods(table).symbolApi(),
        "def Activation(data: Option[Symbol] = None, act_type: String, name: String = null, attr: Map[String, String] = null): Symbol =");
    assertFalse(new ScalaMethods(table).ndarrayApi().contains("def Custom"));
  }

  @Test
  void aListThatBecameOneArrayHasBothForms() {
    String source = new ScalaMethods(table).ndarrayApi();
    assertHas(source, "def squeeze(data: Array[NDArray], axis: Option[Shape] = None, out: Option[NDArray] = None)");
    assertHas(source, "def squeeze(data: NDArray, axis: Option[Shape], out: Option[NDArray])");
    assertHas(new JavaMethods(table).methods(), "def squeeze(data: Array[NDArray], axis: Shape, out: NDArray): Array[NDArray] =");
    assertHas(new JavaMethods(table).methods(), "def squeeze(data: NDArray, axis: Shape, out: NDArray): Array[NDArray] =");
  }

  @Test
  void randomParametersAreNumbersOrArrays() {
    String source = new RandomMethods(table).ndarray();
    assertHas(source, "def normal[T: NDArrayOrScalar: ClassTag](mu: Option[T] = None, sigma: Option[T] = None, shape: Option[Shape] = None");
    assertHas(source, "if (NDArrayOrScalar[T].isScalar) \"_random_normal\" else \"_sample_normal\", Seq[(String, Any)]("
        + "(if (NDArrayOrScalar[T].isScalar) \"loc\" else \"mu\") -> mu,");
    assertHas(source, "OperatorCalls.randomArray(\"_random_normal_like\"");
  }

  @Test
  void javaTakesAParamForTwoOptionalArguments() {
    JavaMethods methods = new JavaMethods(table);
    assertHas(methods.methods(), "def Convolution(po: _root_.org.apache.mxnet.javaapi.ConvolutionParam): Array[NDArray] =");
    assertHas(methods.methods(), "def Activation(data: NDArray, act_type: String, out: NDArray): Array[NDArray] =");
    String param = methods.params().get("ConvolutionParam");
    assertHas(param, "class ConvolutionParam(private val data: NDArray, private val weight: NDArray, private val bias: NDArray, "
        + "private val kernel: Shape, private val num_filter: java.lang.Integer)");
    assertHas(param, "def setNum_group(num_group: java.lang.Integer): ConvolutionParam =");
    assertHas(param, "def getOut(): _root_.org.apache.mxnet.NDArray");
    assertFalse(param.contains("setNum_filter"));
  }

  @Test
  void theCompanionHasTheParamsOfTheFirstReleases() {
    String source = new JavaMethods(table).methods();
    assertHas(source, "  class normParam(data: NDArray) extends _root_.org.apache.mxnet.javaapi.normParam(data)");
    assertHas(source, "  class softmaxParam(data: NDArray) extends _root_.org.apache.mxnet.javaapi.softmaxParam(data)");
  }

  @Test
  void changedOperatorsKeepTheirFirstForm() {
    JavaMethods methods = new JavaMethods(table);
    assertHas(methods.methods(), "def reshape_like(lhs: NDArray, rhs: NDArray, out: NDArray): Array[NDArray] =");
    assertHas(methods.methods(), "def reshape_like(po: _root_.org.apache.mxnet.javaapi.reshape_likeParam): Array[NDArray] =");
    assertHas(methods.params().get("softmaxParam"), "def this(data: NDArray) = this(data, null)");
    assertHas(methods.params().get("random_randintParam"), "private val low: Any");
  }

  @Test
  void wordsOfScalaAreRenamed() {
    assertEquals("vari", new Argument("var", Kind.ARRAY, false).safeName());
    assertEquals("TypeOf", new Argument("type", Kind.STRING, true).accessorName());
    assertHas(new JavaMethods(table).params().get("adam_updateParam"), "private val vari: NDArray");
  }
}
