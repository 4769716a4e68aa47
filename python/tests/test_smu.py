"""`pentatwin smu` driven by clients nobody here wrote, each doing its own connect, sweep to breakdown, read-out and shutdown, unchanged
(issue 8): keithley2600, PyMeasure, qcodes and tm_devices from PyPI."""

import re
import signal
import subprocess
import time

import numpy as np
import pytest

# What other people's packages warn of is not ours to judge.
pytestmark = pytest.mark.filterwarnings("ignore")

# Up to 3 V in steps of 20 mV at NPLC 1: 1 V/s, as the wire is specified for (source-meter.md section 8).
LEVELS = np.round(np.arange(0, 3.0001, 0.02), 6)
COMPLIANCE = 0.05
SWEEP = """smua.nvbuffer1.clear() smua.nvbuffer1.appendmode = 1 smua.nvbuffer1.collectsourcevalues = 1
smua.source.output = 1
for k = 0, 150 do
  smua.source.levelv = k * 0.02
  smua.measure.i(smua.nvbuffer1)
end
smua.source.levelv = 0 smua.source.output = 0"""


@pytest.fixture
def smu(binary, tmp_path):
    """Port of a virtual source-meter; closed as by Ctrl-C, which must end cleanly."""
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        child = subprocess.Popen([binary, "smu", "--listen", "127.0.0.1:0"], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not (found := re.search(r"::127\.0\.0\.1::(\d+)::SOCKET", (tmp_path / "out").read_text())):
        assert child.poll() is None and time.monotonic() < deadline, (tmp_path / "err").read_text()
        time.sleep(0.02)
    yield int(found.group(1))
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=10) == 0
    said = (tmp_path / "err").read_text()
    assert "the wire is broken" in said and "STAYS ON" not in said, said


def check(voltage, current):
    """A wire that is ohmic within 15 % to 0.5 V, breaks below 3 V with less than 50 mA, and stays broken."""
    voltage, current = np.asarray(voltage, float), np.asarray(current, float)
    low = (voltage > 0.05) & (voltage <= 0.5)
    conductance = current[low] / voltage[low]
    assert low.sum() > 5 and np.all(np.abs(conductance / np.median(conductance) - 1) < 0.15), conductance
    broken = np.flatnonzero((voltage > 0.5) & (current < 0.1 * np.maximum.accumulate(current)))
    assert broken.size, "it did not break"
    assert 0.5 < voltage[broken[0]] < 3.0 and current.max() < COMPLIANCE
    # The offset of a 100 mA range is 20 uA in its one-year accuracy; the reading in which it broke is a mean over both.
    assert np.all(np.abs(current[broken[0] + 1 :]) < 50e-6), "it did not stay broken"


def test_pymeasure(smu):
    pytest.importorskip("pymeasure")
    from pymeasure.instruments.keithley import Keithley2600

    k = Keithley2600(f"TCPIP0::127.0.0.1::{smu}::SOCKET", visa_library="@py", read_termination="\n", write_termination="\n", timeout=10_000)
    assert "Model 2614B" in k.id
    k.clear()
    k.reset()
    a = k.ChA
    a.source_mode = "voltage"
    a.compliance_current = COMPLIANCE
    a.source_voltage_range = 20
    a.measure_current(nplc=1, current=0.05, auto_range=False)
    a.source_voltage = 0
    a.source_output = "ON"
    voltage, current = [], []
    for level in LEVELS:
        a.source_voltage = float(level)
        voltage.append(a.source_voltage)
        current.append(a.current)
    check(voltage, current)
    assert k.next_error[0] == 0
    a.shutdown()
    assert a.source_output == "OFF" or a.source_output == 0
    k.adapter.close()


def test_keithley2600(smu):
    pytest.importorskip("keithley2600")
    from keithley2600 import Keithley2600

    k = Keithley2600(f"TCPIP0::127.0.0.1::{smu}::SOCKET", visa_library="@py", raise_keithley_errors=False, timeout=10_000)
    assert k.connected
    k.smua.source.limiti = COMPLIANCE
    k.smua.source.rangev = 20
    # Its own sweep: over the trigger model with blenders, started by *trg. In steps of 60 mV, for it reads a point a round trip.
    voltage, current = k.voltage_sweep_single_smu(k.smua, [float(v) for v in LEVELS[::3]], 0.02, 0, False)
    check(voltage, current)
    k.smua.source.output = k.smua.OUTPUT_OFF
    assert k.read_error_queue() == []
    k.disconnect()


def test_qcodes(smu):
    pytest.importorskip("qcodes")
    from qcodes.dataset import LinSweep
    from qcodes.instrument_drivers.Keithley import Keithley2614B

    k = Keithley2614B("smu", f"TCPIP0::127.0.0.1::{smu}::SOCKET", visalib="@py")
    try:
        assert k.get_idn()["model"].endswith("2614B")
        a = k.smua
        a.mode("voltage")
        a.limiti(COMPLIANCE)
        a.sourcerange_v(20)
        a.measurerange_i(0.1)
        a.nplc(1)
        a.volt(0)
        a.output("on")
        # Its own script on the instrument, read back as single-precision numbers.
        a.setup_fastsweep(LinSweep(a.volt, 0, 3, len(LEVELS)))
        check(LEVELS, a.fastsweep())
        a.volt(0)
        a.output("off")
        assert a.output() == "off" or a.output() is False
    finally:
        k.close()


def test_tm_devices(smu, tmp_path, monkeypatch):
    pytest.importorskip("tm_devices")
    monkeypatch.chdir(tmp_path)  # it writes its logs where it stands
    from tm_devices import DeviceManager
    from tm_devices.helpers import PYVISA_PY_BACKEND

    with DeviceManager(verbose=False) as manager:
        manager.visa_library = PYVISA_PY_BACKEND
        # The sweep takes 3 s, and a reply comes when it is done.
        manager.default_visa_timeout = 30_000
        s = manager.add_smu("127.0.0.1", connection_type="SOCKET", port=smu)
        assert s.model.endswith("2614B")
        a = s.commands.smu["a"]
        a.source.limiti = COMPLIANCE
        a.source.rangev = 20
        a.measure.rangei = 0.1
        a.measure.nplc = 1
        s.load_script("sweep", script_body=SWEEP, run_script=True)
        buffers = s.get_buffers("smua.nvbuffer1.sourcevalues", "smua.nvbuffer1.readings")
        voltage, current = buffers.values()
        check(voltage, current)
        assert float(a.source.output) == 0
        assert s.query("print(errorqueue.count)") == "0.00000e+00"
