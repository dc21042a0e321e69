"""One process of the soak, and what it takes."""
import os
import resource
import signal
import statistics
import subprocess
import time

# What a process may grow by, from its second quarter to its last one: MB, descriptors, threads.
MOST_GROWTH = [2, 4, 2]
# A shorter life shows nothing about growth.
LEAST_SAMPLES = 60


class Process:
    def __init__(self, name, command, log, files=None, output=None):
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
        self.name, self.samples, self.status, self.waited, self.starved = name, [], None, {}, 0
        # Standard output of its own where it is read: in one file, pieces of lines would be mixed.
        with open(log, "ab") as messages, open(output or log, "ab") as lines:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=lines, stderr=messages, preexec_fn=limit
            )

    def sample(self):
        self.status = self.child.poll()
        if self.status is not None:
            return
        try:
            with open(f"/proc/{self.child.pid}/status") as file:
                status = dict(line.split(":", 1) for line in file if ":" in line)
            files = len(os.listdir(f"/proc/{self.child.pid}/fd"))
            waited = self.waits()
        except OSError:
            return
        if "VmRSS" in status:
            rss = int(status["VmRSS"].split()[0]) / 1000
            self.samples.append((rss, files, int(status["Threads"])))
        self.starved = max((time - self.waited.get(task, 0) for task, time in waited.items()), default=0)
        self.waited = waited

    def waits(self):
        """For how long each thread was ready and had no processor, in seconds since its start."""
        tasks = f"/proc/{self.child.pid}/task"
        found = {}
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat") as file:
                found[task] = int(file.read().split()[1]) / 1e9
        return found

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
    print("\n| process | samples | RSS MB: 2nd quarter | last quarter | most | descriptors | last | most | threads | last | most |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    wrong = []
    for name, process in longest.items():
        samples = process.samples
        if not samples:
            continue
        quarter = len(samples) // 4
        early, late = samples[quarter : max(2 * quarter, quarter + 1)], samples[3 * quarter :]
        cells = []
        for n, (what, most) in enumerate(zip(["MB", "descriptors", "threads"], MOST_GROWTH)):
            # Medians: viewers that are there by chance do not count.
            before, after = (statistics.median(sample[n] for sample in part) for part in [early, late])
            digits = 0 if n else 1
            cells += [f"{it:.{digits}f}" for it in [before, after, max(sample[n] for sample in samples)]]
            if len(samples) >= LEAST_SAMPLES and after - before > most:
                wrong.append(f"{name} grew from {before:.{digits}f} to {after:.{digits}f} {what}")
        print(f"| {name} | {len(samples)} | {' | '.join(cells)} |")
    return wrong
