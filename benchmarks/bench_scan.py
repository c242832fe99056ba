"""What a whole scan costs for each image, beside its limits and its peers.

    python benchmarks/bench_scan.py [--large N] [--small N] [--rounds N]

Makes camera-like JPEGs (6 megapixels of about 2.5 MB, and 0.2 megapixels) with EXIF, IPTC and XMP, scans them with one
and two workers in a process of its own, and counts the CPU seconds of that process and its workers. What starting
costs (interpreters, imports, an empty catalogue) is measured by scanning one small file,
and subtracted, from the CPU seconds and from the two times that are compared: it is paid once.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from bench_images import SIZES, camera_like

SCAN = """
import json, os, resource, sys, threading, time
from pathlib import Path
from workbench.scan import scan
from workbench.workspace import Workspace

def peak(pid):  # the system's own high-water mark; ru_maxrss would count what the starting process had
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0

def watch():
    while not done.wait(0.1):
        for task in Path("/proc/self/task").iterdir():
            try:
                for pid in (task / "children").read_text().split():
                    if b"workbench.workers" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        peaks[pid] = max(peaks.get(pid, 0.0), peak(pid))
            except OSError:
                pass

done, peaks = threading.Event(), {}
threading.Thread(target=watch, daemon=True).start()
begun = time.monotonic()
with Workspace(sys.argv[1]) as ws:
    report = scan(ws, sys.argv[2], workers=int(sys.argv[3]))
wall = time.monotonic() - begun
done.set()
own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "images": report.images, "wall": wall, "parent_cpu": own.ru_utime + own.ru_stime,
    "cpu": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
    "worker_mb": max(peaks.values(), default=0.0), "parent_mb": peak(os.getpid()),
}))
"""

LIMITS = {"6 MP": 40.0, "0.2 MP": 300.0}
WORKER_MB = 150.0
SPEED_UP = 1.8

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 photoshop:City="Porto">
 <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Frame {n}</rdf:li>
 <rdf:li xml:lang="de">Bild {n}</rdf:li></rdf:Alt></dc:title>
 <dc:subject><rdf:Bag><rdf:li>harbour</rdf:li><rdf:li>boat {m}</rdf:li><rdf:li>evening</rdf:li></rdf:Bag></dc:subject>
 </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def exif(n: int) -> bytes:
    """Return EXIF such as a camera writes: some thirty tags, time, zone and place."""
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x0131], made[0x013B] = "Canon", "EOS R6", "Firmware 1.8", "A. Photographer"
    made[0x0112], made[0x0132], made[0x010E] = 1, "2025:03:01 10:00:00", f"Frame {n}"
    taken = f"2025:{n % 12 + 1:02}:{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:00"
    made.get_ifd(0x8769).update(
        {
            0x9003: taken, 0x9004: taken, 0x9011: "+01:00", 0x829A: (1, 250), 0x829D: (28, 10),
            0x8827: 200 + n % 7 * 100,
            0x9201: (8, 1), 0x9202: (3, 1), 0x9204: (0, 1), 0x9207: 5, 0x9209: 16, 0x920A: (50, 1), 0xA001: 1,
            0xA002: 3000, 0xA003: 2000, 0xA402: 0, 0xA403: 0, 0xA406: 0, 0xA431: f"0123{n:08}",
            0xA434: "RF50mm F1.8 STM",
        }
    )  # fmt: skip
    made.get_ifd(0x8825).update({1: "N", 2: (41.0, 8.0, n % 60 / 1.0), 3: "W", 4: (8.0, 36.0, n % 60 / 1.0)})
    return made.tobytes()


def iptc(n: int) -> bytes:
    """Return an APP13 segment with title, city and keywords."""
    sets = [(5, f"Frame {n}"), (90, "Porto"), (25, "harbour"), (25, f"boat {n % 40}")]
    block = b"".join(b"\x1c\x02" + bytes([k]) + struct.pack(">H", len(v)) + v.encode() for k, v in sets)
    body = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(block)) + block + b"\0" * (len(block) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def with_metadata(picture: bytes, n: int) -> bytes:
    """Return the JPEG with EXIF, IPTC and XMP of its own; the coded picture isn't touched."""
    packet = b"http://ns.adobe.com/xap/1.0/\0" + XMP.format(n=n, m=n % 40).encode()
    segments = b"".join(
        marker + struct.pack(">H", len(body) + 2) + body
        for marker, body in ((b"\xff\xe1", exif(n)), (b"\xff\xe1", packet))
    )
    return picture[:2] + segments + iptc(n) + picture[2:]


def make(folder: Path, name: str, count: int) -> float:
    """Write ``count`` JPEGs of a size; return their mean size in MB."""
    width, height, noise, quality = SIZES[name]
    pictures = [camera_like(width, height, noise, quality, seed) for seed in range(6 if width > 1000 else 40)]
    folder.mkdir(parents=True)
    for n in range(count):
        (folder / f"IMG_{n:05}.jpg").write_bytes(with_metadata(pictures[n % len(pictures)], n))
    return sum(map(len, pictures)) / len(pictures) / 1e6


def scanned(folder: Path, workers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as workspace:
        command = [sys.executable, "-c", SCAN, workspace, str(folder), str(workers)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def peer_imagehash(files: list[Path]) -> float:
    """Return images per CPU second of imagehash alone (pHash and dHash of the fully decoded picture)."""
    code = (
        "import sys, time, imagehash; from PIL import Image; t = time.process_time()\n"
        "for f in sys.argv[1:]: i = Image.open(f); imagehash.phash(i); imagehash.dhash(i)\n"
        "print((len(sys.argv) - 1) / (time.process_time() - t))"
    )
    return float(
        subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True).stdout
    )


def peer_exiftool(files: list[Path]) -> float | None:
    """Return files per CPU second of ExifTool reading metadata only; None where it isn't installed."""
    if shutil.which("exiftool") is None:
        return None
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(['exiftool', '-j', '-G1', *sys.argv[1:]], capture_output=True)\n"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print((len(sys.argv) - 1) / (u.ru_utime + u.ru_stime))"
    )
    return float(
        subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True).stdout
    )


def peer_pillow(files: list[Path]) -> float:
    """Return images per CPU second of Pillow decoding every pixel, and nothing else."""
    code = (
        "import sys, time; from PIL import Image; t = time.process_time()\n"
        "for f in sys.argv[1:]: Image.open(f).load()\n"
        "print((len(sys.argv) - 1) / (time.process_time() - t))"
    )
    return float(
        subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True).stdout
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=400)
    parser.add_argument("--small", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as home:
        lone = Path(home, "lone")
        lone.mkdir()
        (lone / "one.jpg").write_bytes(with_metadata(camera_like(64, 64, 4.0, 88, 0), 0))
        begun = min((scanned(lone, 1) for _ in range(args.rounds)), key=lambda r: r["cpu"])
        start, parent_start = begun["cpu"], begun["parent_cpu"]
        waits = {workers: min(scanned(lone, workers)["wall"] for _ in range(args.rounds)) for workers in (1, 2)}
        print(f"starting costs {start:.2f} CPU-s, {parent_start:.2f} of them in the parent")
        for name, count in (("6 MP", args.large), ("0.2 MP", args.small)):
            folder = Path(home, name.replace(" ", ""))
            megabytes = make(folder, name, count)
            one = min((scanned(folder, 1) for _ in range(args.rounds)), key=lambda r: r["cpu"])
            two = min((scanned(folder, 2) for _ in range(args.rounds)), key=lambda r: r["wall"])
            wall_one = min(scanned(folder, 1)["wall"] for _ in range(args.rounds))
            times = (wall_one - waits[1]) / (two["wall"] - waits[2])
            rate = count / (one["cpu"] - start)
            files = sorted(folder.iterdir())[:200]
            peers = {
                "imagehash": peer_imagehash(files),
                "Pillow decode": peer_pillow(files),
                "ExifTool": peer_exiftool(files),
            }
            print(f"\n{name}: {count} images of {megabytes:.2f} MB")
            checks = [
                ("images per CPU-s, the whole scan", rate, LIMITS[name], rate >= LIMITS[name]),
                ("largest worker, MB", one["worker_mb"], WORKER_MB, one["worker_mb"] <= WORKER_MB),
                ("two workers against one, times", times, SPEED_UP, times >= SPEED_UP),
            ]
            for what, value, limit, ok in checks:
                missed += not ok
                print(f"  {what:36} {value:9.1f}   limit {limit:g}   {'ok' if ok else 'MISSED'}")
            parent = (one["parent_cpu"] - parent_start) / count * 1000
            print(f"  parent: {parent:.2f} ms CPU an image, {one['parent_mb']:.0f} MB")
            for peer, speed in peers.items():
                print(f"  peer {peer:31} {'not installed' if speed is None else f'{speed:9.1f} per CPU-s'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
