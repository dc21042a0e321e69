"""One process of the soak, and what it takes."""
import os
import resource
import signal
import subprocess
import time

# What a process may grow by behind its first quarter.
MOST_GROWTH_MB = 4
# A shorter life shows nothing about growth.
LEAST_SAMPLES = 60


class Process:
    def __init__(self, name, command, log, files=None):
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
        self.name, self.samples, self.status = name, [], None
        with open(log, "ab") as output:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=limit
            )

    def sample(self):
        self.status = self.child.poll()
        if self.status is not None:
            return
        try:
            with open(f"/proc/{self.child.pid}/status") as file:
                status = dict(line.split(":", 1) for line in file if ":" in line)
            files = len(os.listdir(f"/proc/{self.child.pid}/fd"))
        except OSError:
            return
        if "VmRSS" in status:
            rss = int(status["VmRSS"].split()[0]) / 1000
            self.samples.append((rss, files, int(status["Threads"])))

    def send(self, number):
        if self.child.poll() is None:
            self.child.send_signal(number)

    def wait(self, seconds):
        try:
            self.status = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.status = None
        return self.status

    def kill(self, number):
        """Ends it. One that does not end by itself is killed, and has the status of that."""
        self.send(number)
        self.send(signal.SIGCONT)
        end = time.monotonic() + 10
        while self.wait(0.2) is None:
            if time.monotonic() > end:
                self.send(signal.SIGKILL)


def table(processes):
    """Prints the resources of the longest life of each name. Returns those that grow."""
    longest = {}
    for process in processes:
        if len(process.samples) > len(longest.get(process.name, process).samples) or process.name not in longest:
            longest[process.name] = process
    print("\n| process | samples | RSS MB: after a quarter | at the end | most | descriptors | most | threads | most |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    wrong = []
    for name, process in longest.items():
        samples = process.samples
        if not samples:
            continue
        quarter, last = samples[len(samples) // 4], samples[-1]
        most = [max(sample[n] for sample in samples) for n in range(3)]
        print(
            f"| {name} | {len(samples)} | {quarter[0]:.1f} | {last[0]:.1f} | {most[0]:.1f} | {last[1]} | {most[1]} | {last[2]} | {most[2]} |"
        )
        if len(samples) >= LEAST_SAMPLES and last[0] - quarter[0] > MOST_GROWTH_MB:
            wrong.append(f"{name} grew from {quarter[0]:.1f} to {last[0]:.1f} MB")
    return wrong
