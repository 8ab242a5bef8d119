"""Five small images in a file of records, in files, and in a list file."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from offboard.mxnet import recordio


@pytest.fixture
def images(tmp_path: Path) -> list[np.ndarray]:
    """The images (RGB) that a.rec (labels 0-4), m.rec (two labels each) and 0.png to 4.png in ``tmp_path`` hold."""
    generator = np.random.default_rng(0)
    made = [generator.integers(0, 255, (12 + number, 15, 3), np.uint8) for number in range(5)]
    single = recordio.MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w")
    several = recordio.MXRecordIO(tmp_path / "m.rec", "w")
    lines = []
    for number, image in enumerate(made):
        header = recordio.IRHeader(0, float(number), number, 0)
        single.write_idx(number, recordio.pack_img(header, image, 1, ".png"))
        several.write(recordio.pack_img(header._replace(label=[number, number + 0.5]), image, 1, ".png"))
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
        lines.append(f"{number}\t{10 * number}\t{number}.png\n")
    single.close()
    several.close()
    (tmp_path / "a.lst").write_text("".join(lines))
    return [image[:, :, ::-1] for image in made]
