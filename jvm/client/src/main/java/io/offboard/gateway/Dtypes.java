package io.offboard.gateway;

/** Sizes of NumPy's dtypes. */
final class Dtypes {
  private Dtypes() {}

  static int size(String dtype) {
    switch (dtype) {
      case "float64":
      case "int64":
      case "uint64":
        return 8;
      case "float32":
      case "int32":
      case "uint32":
        return 4;
      case "float16":
      case "bfloat16":
      case "int16":
      case "uint16":
        return 2;
      case "int8":
      case "uint8":
      case "bool":
        return 1;
      default:
        throw new GatewayException("The instance's Python answered with a dtype that is unknown here: " + dtype);
    }
  }
}
