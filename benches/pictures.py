"""Pictures of a given size in bytes, for measurements: 640x480, made by ffmpeg."""
import os
import pathlib
import subprocess


def pictures(folder, bytes_each=48_000, count=30):
    """Writes `count` pictures whose mean is within 15 % of `bytes_each` into `folder`, and returns their mean size."""
    best = None
    for quality in range(2, 32):
        mean = _write(folder, quality, 3)
        if best is None or abs(mean - bytes_each) < abs(best[0] - bytes_each):
            best = (mean, quality)
        if mean < bytes_each:
            break
    mean = _write(folder, best[1], count)
    if abs(mean - bytes_each) > 0.15 * bytes_each:
        raise SystemExit(f"ffmpeg makes pictures of {mean:.0f} bytes, and {bytes_each} were to be made")
    return mean


def _write(folder, quality, count):
    for old in pathlib.Path(folder).glob("*.jpg"):
        old.unlink()
    source = "testsrc2=size=640x480:rate=30,noise=alls=10:allf=t:all_seed=1"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", str(count), "-q:v", str(quality),
                    "-pix_fmt", "yuvj420p", os.path.join(folder, "%03d.jpg")], check=True, stdin=subprocess.DEVNULL)
    sizes = [path.stat().st_size for path in pathlib.Path(folder).glob("*.jpg")]
    return sum(sizes) / len(sizes)
