#!/usr/bin/env python3
"""Runs the job of docs/fleets.md without a cluster: its schema, and its command once for each index, as Kubernetes starts it.

    benches/fleet/kubernetes.py MJPEG

The schemas of Kubernetes are those of `pip install kubernetes-validate`; without that they are left out. Needs PyYAML.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSIONS = ["1.29", "1.31", "1.33", "1.35"]


def main():
    mjpeg = pathlib.Path(sys.argv[1]).resolve()
    block = (ROOT / "docs/fleets.md").read_text().split("```yaml\n")[1].split("```")[0]
    job = yaml.safe_load(block)
    try:
        import kubernetes_validate
    except ImportError:
        print("without kubernetes-validate: the schema is not checked")
    else:
        for version in VERSIONS:
            kubernetes_validate.validate(job, version, strict=True)
        print(f"the schemas of Kubernetes {', '.join(VERSIONS)} accept the job")
    spec = job["spec"]
    command = spec["template"]["spec"]["containers"][0]["command"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "config").mkdir()
        (folder / "results").mkdir()
        (folder / "bin").mkdir()
        (folder / "bin" / "mjpeg").symlink_to(mjpeg)
        good, bad = ROOT / "fixtures/captures/motion.http", folder / "bad.jpg"
        bad.write_bytes(b"no picture")
        cameras = [f"cam-{n} {bad if n == 7 else good}\n" for n in range(2 * spec["completions"])]
        (folder / "config" / "cameras.txt").write_text("".join(cameras))
        words = [word.replace("/config/", f"{folder}/config/").replace("/results/", f"{folder}/results/") for word in command]
        path = f"{folder}/bin:{os.environ['PATH']}"
        for index in range(spec["completions"]):
            environment = {**os.environ, "PATH": path, "JOB_COMPLETION_INDEX": str(index)}
            end = subprocess.run(words, env=environment, stderr=subprocess.PIPE, text=True)
            if end.returncode != 0:
                sys.exit(f"index {index}: exit {end.returncode}: {end.stderr}")
        shards = sorted((folder / "results").glob("*.json"))
        merged = subprocess.run([mjpeg, "check", "--quiet", "--format", "json", "--merge", *shards], capture_output=True, text=True)
        verdicts = [json.loads(line) for line in merged.stdout.splitlines()]
        failed = [it["name"] for it in verdicts if it["verdict"] != "pass"]
        print(f"{len(shards)} indices, {len(verdicts)} targets, not passed: {', '.join(failed)}")
        if (len(shards), len(verdicts), failed) != (spec["completions"], len(cameras), ["cam-7"]):
            sys.exit("that is wrong")


main()
