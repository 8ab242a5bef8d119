/** The rule catalogue that Python, Java and Scala share: every limit and every error text, once. */
package io.offboard.rules;
