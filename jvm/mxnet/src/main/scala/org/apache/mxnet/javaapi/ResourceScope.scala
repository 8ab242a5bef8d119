package org.apache.mxnet.javaapi

import org.apache.mxnet

/** Disposes of every array that its thread makes before it is closed; for Java's try-with-resources. */
class ResourceScope extends mxnet.ResourceScope
