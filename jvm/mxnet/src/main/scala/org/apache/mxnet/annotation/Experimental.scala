package org.apache.mxnet.annotation

import scala.annotation.StaticAnnotation

/** Marks what may change. */
class Experimental extends StaticAnnotation
