package io.offboard.client;

/** Element types: NumPy's name, the Open Inference Protocol's, MXNet's number (-1: not one of MXNet's) and the size in bytes. */
public enum Dtype {
  FLOAT32("float32", "FP32", 0, 4),
  FLOAT64("float64", "FP64", 1, 8),
  FLOAT16("float16", "FP16", 2, 2),
  UINT8("uint8", "UINT8", 3, 1),
  INT32("int32", "INT32", 4, 4),
  INT8("int8", "INT8", 5, 1),
  INT64("int64", "INT64", 6, 8),
  BOOL("bool", "BOOL", 7, 1),
  BFLOAT16("bfloat16", "BF16", 12, 2),
  INT16("int16", "INT16", -1, 2),
  UINT16("uint16", "UINT16", -1, 2),
  UINT32("uint32", "UINT32", -1, 4),
  UINT64("uint64", "UINT64", -1, 8);

  private final String numpyName;
  private final String datatype;
  private final int flag;
  private final int size;

  Dtype(String numpyName, String datatype, int flag, int size) {
    this.numpyName = numpyName;
    this.datatype = datatype;
    this.flag = flag;
    this.size = size;
  }

  public String numpyName() {
    return numpyName;
  }

  /** The name on the wire. */
  public String datatype() {
    return datatype;
  }

  /** MXNet's number. */
  public int flag() {
    return flag;
  }

  /** Bytes of one element. */
  public int size() {
    return size;
  }

  /** The type of a name on the wire. */
  public static Dtype ofDatatype(String name) {
    for (Dtype dtype : values()) {
      if (dtype.datatype.equals(name)) {
        return dtype;
      }
    }
    throw new OffboardException("The accelerator named an element type that is unknown here: " + name);
  }

  /** The type of NumPy's name. */
  public static Dtype ofNumpyName(String name) {
    for (Dtype dtype : values()) {
      if (dtype.numpyName.equals(name)) {
        return dtype;
      }
    }
    throw new OffboardException("No such element type: " + name);
  }

  /** The type of MXNet's number, or null. */
  public static Dtype ofFlag(int flag) {
    for (Dtype dtype : values()) {
      if (dtype.flag == flag && flag >= 0) {
        return dtype;
      }
    }
    return null;
  }
}
