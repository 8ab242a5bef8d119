package org.apache.mxnet.javaapi

/** An array for Java. */
class NDArray private[mxnet] (val nd: org.apache.mxnet.NDArray)
