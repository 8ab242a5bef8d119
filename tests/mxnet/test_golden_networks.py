"""Every reference network, on the CPU and on an accelerator, gives what real MXNet gave."""

import sys
from pathlib import Path

import pytest

import offboard.mxnet as mx

sys.path.insert(0, str(Path(__file__).parent))
import golden

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.mark.parametrize("network", golden.CARRIED, ids=lambda each: each[0])
def test_carried_on_cpu(network: golden.Network) -> None:
    golden.check(DATA, network, mx.cpu())


@pytest.mark.parametrize("network", golden.CARRIED, ids=lambda each: each[0])
@pytest.mark.usefixtures("accelerator")
def test_carried_on_eia(network: golden.Network) -> None:
    golden.check(DATA, network, mx.eia())


@pytest.mark.parametrize("network", golden.SHARED, ids=lambda each: each[0])
def test_shared_on_cpu(network: golden.Network, shared_data: Path) -> None:
    golden.check(shared_data, network, mx.cpu())


@pytest.mark.parametrize("network", golden.SHARED, ids=lambda each: each[0])
@pytest.mark.usefixtures("accelerator")
def test_shared_on_eia(network: golden.Network, shared_data: Path) -> None:
    golden.check(shared_data, network, mx.eia())
