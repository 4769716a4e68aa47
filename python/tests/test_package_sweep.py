"""Sweeps and fits from Python: on this machine, on Dask workers, on Slurm."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import pentatwin as pt

SWEEP = {
    "title": "Two rates, some devices",
    "protocol": "fig2a",
    "seeds": 3,
    "vary": {"step[0].sweep.rate": ["10 mV/s", "100 mV/s"], "wire.diameter": {"normal": "115 nm", "sd": "5 nm"}},
    "set": {"numerics.cells": 100},
}

@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The sweep on one thread: folder and dataset."""
    folder = tmp_path_factory.mktemp("serial")
    return folder, pt.sweep(SWEEP, out=folder, jobs=1)


def test_a_sweep_is_a_dataset_over_seeds_and_parameters(serial):
    folder, ds = serial
    assert ds.breakdown_voltage.dims == ("seed", "rate") and ds.sizes == {"seed": 3, "rate": 2}
    np.testing.assert_allclose(ds.rate, [0.01, 0.1])
    assert ds.breakdown_voltage.attrs["units"] == "V" and bool((ds.status == 0).all())
    assert bool((ds.breakdown_voltage.sel(rate=0.01) < ds.breakdown_voltage.sel(rate=0.1)).all())  # the paper: slower, lower
    assert len(list((folder / "results").iterdir())) == 6


def test_a_sweep_again_makes_only_what_is_missing(serial):
    folder, ds = serial
    files = sorted((folder / "results").iterdir())
    stamps = {f: f.stat().st_mtime_ns for f in files}
    files[2].unlink()
    xr.testing.assert_identical(pt.sweep(SWEEP, out=folder), ds)
    assert [f for f in files if f.stat().st_mtime_ns != stamps[f]] == [files[2]]


def test_failed_runs_are_listed_and_stop_nothing(tmp_path):
    # Each of these goes with the protocol, but the longest aperture not with the fastest sweep.
    both = {"step[0].sweep.rate": ["100 mV/s", "1 V/s"], "step[0].sweep.nplc": [1, 5]}
    sweep = {**SWEEP, "seeds": 1, "vary": both, "set": {**SWEEP["set"], "step[0].sweep.step": "25 mV"}}
    with pytest.warns(RuntimeWarning, match="1 of 4 runs failed"):
        ds = pt.sweep(sweep, out=tmp_path)
    assert ds.status.values.ravel().tolist() == [0, 0, 0, 1] and "too fast" in str(ds.reason.values.ravel()[3])


def test_a_wrong_sweep_says_where(tmp_path):
    with pytest.raises(pt.SweepError, match="diametre"):
        pt.sweep({**SWEEP, "vary": {"wire.diametre": ["90 nm"]}}, out=tmp_path)


CLUSTER = """
import json, os, signal, sys
import pentatwin as pt
from distributed import Client, LocalCluster
if __name__ == "__main__":
    sweep, folder, kill = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3] == "kill"
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster, Client(cluster) as client:
        def progress(fraction, text, killed=[]):
            if kill and not killed:
                killed.append(True)
                worker = next(iter(client.scheduler_info()["workers"]))
                os.kill(client.run(os.getpid)[worker], signal.SIGKILL)
        ds = pt.sweep(sweep, client=client, out=folder, progress=progress)
    print("runs", ds.status.size, "failed", ds.attrs["runs_failed"], "missing", ds.attrs["runs_missing"])
"""


@pytest.mark.parametrize("kill", [pytest.param("", marks=pytest.mark.long), "kill"])
def test_dask_workers_make_the_same_even_when_one_is_killed(serial, tmp_path, kill):
    pytest.importorskip("distributed")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    command = [sys.executable, script, json.dumps(SWEEP), tmp_path / "sweep", kill or "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert "runs 6 failed 0 missing 0" in done.stdout, done.stdout + done.stderr
    xr.testing.assert_identical(pt.collect(tmp_path / "sweep"), serial[1])


SCHEDULER = """
import json, sys
import pentatwin as pt
from distributed import Client
if __name__ == "__main__":
    with Client(sys.argv[3], timeout=20) as client:
        client.wait_for_workers(2, timeout=30)
        ds = pt.sweep(json.loads(sys.argv[1]), client=client, out=sys.argv[2], progress=False)
    print("runs", ds.status.size, "failed", ds.attrs["runs_failed"], "missing", ds.attrs["runs_missing"])
"""


class Dask:
    """A scheduler and two workers of their own, as on a cluster."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"tcp://127.0.0.1:{port}"
        quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        dask = [sys.executable, "-m", "distributed.cli."]
        scheduler = [*dask[:2], dask[2] + "dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        worker = [*dask[:2], dask[2] + "dask_worker", self.address, "--nthreads", "1", "--no-dashboard", "--death-timeout", "20"]
        self.scheduler = subprocess.Popen(scheduler, **quiet)
        self.workers = [subprocess.Popen(worker, **quiet) for _ in range(2)]

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.kill()
            process.wait(timeout=20)


def some(folder: Path, process: subprocess.Popen, number: int) -> list[Path]:
    """The results, as soon as there are so many."""
    until = time.monotonic() + 60
    while len(found := sorted((folder / "results").glob("*.json"))) < number:
        assert process.poll() is None and time.monotonic() < until, (process.poll(), found)
        time.sleep(0.01)
    return found


@pytest.fixture(scope="module")
def longer(tmp_path_factory):
    """A sweep that goes on long enough to be killed, made on one thread: itself and its dataset."""
    sweep = {**SWEEP, "seeds": 25}
    return sweep, pt.sweep(sweep, out=tmp_path_factory.mktemp("longer"), jobs=1)


@pytest.mark.long
def test_killing_the_scheduler_loses_only_the_runs_in_flight(longer, tmp_path):
    pytest.importorskip("distributed")
    sweep, serial = longer
    script = tmp_path / "cluster.py"
    script.write_text(SCHEDULER, encoding="utf-8")
    out = tmp_path / "sweep"

    def begin(dask):
        command = [sys.executable, script, json.dumps(sweep), out, dask.address]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path)

    first = Dask(tmp_path, free_port())
    try:
        process = begin(first)
        some(out, process, 3)
        first.scheduler.kill()  # SIGKILL
        said = process.communicate(timeout=60)[0]
        assert process.returncode != 0, said  # it ends and says so, it does not hang
    finally:
        first.stop()
    kept = {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in (out / "results").glob("*.json")}
    assert 3 <= len(kept) < 50, "the scheduler died too late to be of use"
    unfinished = pt.collect(out)
    assert unfinished.attrs["runs_done"] == len(kept) and unfinished.attrs["runs_failed"] == 0
    second = Dask(tmp_path, free_port())
    try:
        process = begin(second)
        said = process.communicate(timeout=60)[0]
        assert "runs 50 failed 0 missing 0" in said, said
    finally:
        second.stop()
    # What was finished was not made again, and all is as if nothing had happened.
    assert all((f.stat().st_mtime_ns, f.read_bytes()) == was for f, was in kept.items())
    xr.testing.assert_identical(pt.collect(out), serial)


@pytest.mark.long
def test_kill_9_of_the_command_loses_only_the_runs_in_flight(longer, binary, tmp_path):
    sweep, serial = longer
    file, out = tmp_path / "two.toml", tmp_path / "sweep"
    file.write_text(pt._core.toml_text(json.dumps(sweep)), encoding="utf-8")
    command = [binary, "sweep", file, "--out", out, "--jobs", "2"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": tmp_path}
    process = subprocess.Popen(command, **quiet)
    some(out, process, 3)
    process.kill()
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    kept = {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in (out / "results").glob("*.json")}
    assert 3 <= len(kept) < 50
    again = subprocess.run(command, **quiet, timeout=60)
    assert again.returncode == 0, again.stdout
    assert all((f.stat().st_mtime_ns, f.read_bytes()) == was for f, was in kept.items())
    xr.testing.assert_identical(pt.collect(out), serial)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_ctrl_c_keeps_what_is_finished(serial, tmp_path):
    # Ctrl-C is ignored in what a shell starts in the background.
    script = """
import json, signal, sys, pentatwin as pt
signal.signal(signal.SIGINT, signal.default_int_handler)
pt.sweep(json.loads(sys.argv[1]), out=sys.argv[2], jobs=1)
"""
    many = {**SWEEP, "seeds": 500}
    command = [sys.executable, "-c", script, json.dumps(many), tmp_path / "sweep"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        results = tmp_path / "sweep" / "results"
        while not (results.is_dir() and any(results.glob("*.json"))):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            said = process.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode != 0 and "KeyboardInterrupt" in said
    made = pt.collect(tmp_path / "sweep")
    assert 0 < made.attrs["runs_done"] < 1000 and made.attrs["runs_failed"] == 0


def test_a_fit_recovers_the_leads_and_says_what_it_cannot_tell():
    truth = pt.run("fig2a", imaging=False, band=0, out=None, seed=5, chip={"lead_resistance": "180 ohm"}, numerics={"cells": 100})
    found = pt.fit(truth.iv, "fig2a", ["chip.lead_resistance"], draws=2)
    row = found.parameters.loc["chip.lead_resistance"]
    assert abs(row.value - 180) < 3 * row.uncertainty + 2, found  # 2 ohm: 1 % of gain that no I-V can tell from a resistance
    both = pt.fit(truth.iv, "fig2a", ["contact.1.resistance", "contact.2.resistance"], draws=2)
    assert any("contact" in sentence for sentence in both.said), both.said
    with pytest.raises(pt.FitError, match="no"):
        pt.fit(truth.iv, "fig2a", ["chip.leads"])


@pytest.mark.long
def test_slurm_makes_the_same(serial, tmp_path):
    """Loopback Slurm (dependencies.md, snippet E) with dask-jobqueue."""
    slurm = Slurm(tmp_path)
    try:
        slurm.start()
        from dask_jobqueue import SLURMCluster
        from distributed import Client

        settings = {"cores": 1, "processes": 1, "memory": "1GB", "queue": "main", "walltime": "00:05:00", "interface": "lo"}
        with SLURMCluster(**settings, scheduler_options={"interface": "lo"}, python=sys.executable, log_directory=str(tmp_path)) as cluster:
            cluster.scale(jobs=2)
            with Client(cluster) as client:
                client.wait_for_workers(1, timeout=60)
                ds = pt.sweep(SWEEP, client=client, out=tmp_path / "sweep")
        xr.testing.assert_identical(ds, serial[1])
    finally:
        slurm.stop()


class Slurm:
    """slurmctld, slurmd and munged on this machine; skips the test where they cannot be had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.daemons = folder, []

    def start(self) -> None:
        pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is not installed")
        if not shutil.which("slurmctld"):
            if os.geteuid() != 0 or not shutil.which("apt-get"):
                pytest.skip("Slurm is not installed, and only root may: apt-get install slurm-wlm munge")
            quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True, "check": False}
            subprocess.run(["apt-get", "update", "-qq"], **quiet)
            if subprocess.run(["apt-get", "install", "-y", "-qq", "slurm-wlm", "munge"], **quiet).returncode != 0:
                pytest.skip("Slurm cannot be installed: apt-get install slurm-wlm munge")
        host = subprocess.run(["hostname", "-s"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("state", "spool", "munge"):
            (self.folder / name).mkdir()
        config = f"""ClusterName=loop
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge/socket
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/ctld.pid
SlurmdPidFile={self.folder}/d.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=2500
PartitionName=main Nodes=ALL Default=YES State=UP
"""
        (self.folder / "slurm.conf").write_text(config, encoding="utf-8")
        os.environ["SLURM_CONF"] = str(self.folder / "slurm.conf")
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        munge = self.folder / "munge"
        files = [f"--key-file={key}", f"--socket={munge}/socket", f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed"]
        for command in (["munged", "--foreground", "--force", *files], ["slurmctld", "-D"], ["slurmd", "-D"]):
            log = (self.folder / f"{command[0]}.log").open("w")
            self.daemons.append(subprocess.Popen(command, stdout=log, stderr=log))
            log.close()
            time.sleep(1)
        for _ in range(20):
            state = subprocess.run(["sinfo", "-h", "-o", "%t"], capture_output=True, text=True, check=False).stdout.strip()
            if state == "idle":
                return
            time.sleep(1)
        logs = "\n".join(p.read_text()[-400:] for p in self.folder.glob("*.log"))
        pytest.skip(f"Slurm does not come up here ({state or 'no answer'}):\n{logs}")

    def stop(self) -> None:
        """Ends what was started here."""
        os.environ.pop("SLURM_CONF", None)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait(timeout=20)
