/**
 * The instance's Python, asked for what a JVM cannot do itself: graphs on the CPU, imperative operators, the instance's part of a
 * graph, inference of shapes without an accelerator. It is a process of its own, started at the first call that needs it.
 */
package io.offboard.gateway;
