package org.apache.mxnet

/** Names of types that MXNet's interface uses throughout. */
object Base {
  class RefInt(val value: Int = 0)
  object RefInt
  class RefLong(val value: Long = 0)
  object RefLong
  class RefFloat(val value: Float = 0)
  object RefFloat
  class RefString(val value: String = null)
  object RefString

  type MXUint = Int
  type MXFloat = Float
  type CPtrAddress = Long

  type NDArrayHandle = CPtrAddress
  type FunctionHandle = CPtrAddress
  type DataIterHandle = CPtrAddress
  type DataIterCreator = CPtrAddress
  type KVStoreHandle = CPtrAddress
  type ExecutorHandle = CPtrAddress
  type SymbolHandle = CPtrAddress
  type RecordIOHandle = CPtrAddress
  type RtcHandle = CPtrAddress

  type MXUintRef = RefInt
  type MXFloatRef = RefFloat
  type NDArrayHandleRef = RefLong
  type FunctionHandleRef = RefLong
  type DataIterHandleRef = RefLong
  type DataIterCreatorRef = RefLong
  type KVStoreHandleRef = RefLong
  type ExecutorHandleRef = RefLong
  type SymbolHandleRef = RefLong
  type RecordIOHandleRef = RefLong
  type RtcHandleRef = RefLong

  val MX_REAL_TYPE: DType.DType = DType.Float32

  /** The types of numbers in arithmetic with symbols. */
  val MX_PRIMITIVES = new Specializable.Group((Double, Float))
}
