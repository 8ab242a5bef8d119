"""The oracle's process for programs about arrays: reads them from standard input and answers what came of each."""

import os
import sys

import frames
from run_program import run


def main() -> None:
    """Answers until standard input ends. What programs print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import mxnet

    while True:
        message = frames.read(sys.stdin.buffer)
        if message is None:
            return
        frames.write(answers, *run(mxnet, *message))


if __name__ == "__main__":
    main()
