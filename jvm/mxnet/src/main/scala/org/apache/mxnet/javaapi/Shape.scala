package org.apache.mxnet.javaapi

/** Dimensions of an array for Java. */
class Shape private[mxnet] (val shape: org.apache.mxnet.Shape)
