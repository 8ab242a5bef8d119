"""The oracle's process: reads cases from standard input and answers what real MXNet says of each."""

import os
import sys

import frames
from evaluate import evaluate
from timing import forward_seconds


def main() -> None:
    """Answers until standard input ends. MXNet's own prints go to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import mxnet

    while True:
        message = frames.read(sys.stdin.buffer)
        if message is None:
            return
        head, arrays = message
        if head.get("timed"):
            try:
                frames.write(answers, {"seconds": forward_seconds(mxnet, head["graph"], arrays)}, {})
            except Exception as error:
                frames.write(answers, {"error": str(error).strip().splitlines()[-1:]}, {})
        else:
            frames.write(answers, *evaluate(mxnet, head, arrays))


if __name__ == "__main__":
    main()
