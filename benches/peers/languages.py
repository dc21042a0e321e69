"""Servers of Go and PHP."""
import atexit
import contextlib
import os
import pathlib
import subprocess
import tempfile

from .process import free_port, needs, running

GO = r"""
package main

import ("bufio"; "bytes"; "fmt"; "io"; "net/http"; "os"; "path/filepath"; "sort"; "strconv"; "time")

func main() {
	manner, folder, port := os.Args[1], os.Args[3], os.Args[5]
	block, _ := strconv.Atoi(os.Args[2])
	fps, _ := strconv.ParseFloat(os.Args[4], 64)
	names, _ := filepath.Glob(filepath.Join(folder, "*.jpg"))
	sort.Strings(names)
	var frames [][]byte
	for _, name := range names { frame, _ := os.ReadFile(name); frames = append(frames, frame) }
	send := func(to io.Writer, after func()) {
		start := time.Now()
		for n := 0; ; n++ {
			time.Sleep(time.Until(start.Add(time.Duration(float64(n) / fps * 1e9))))
			var part bytes.Buffer
			jpeg := frames[n % len(frames)]
			fmt.Fprintf(&part, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(jpeg))
			part.Write(jpeg)
			part.WriteString("\r\n")
			if _, err := to.Write(part.Bytes()); err != nil { return }
			after()
		}
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		flush := w.(http.Flusher).Flush
		switch manner {
		case "flushed": send(w, flush)
		case "unflushed": send(w, func() {})
		case "bufio": send(bufio.NewWriterSize(w, block), func() {})
		case "copied":
			from, to := io.Pipe()
			go func() { send(to, func() {}); to.Close() }()
			defer from.Close()
			buffer := make([]byte, block)
			for {
				if _, err := io.ReadFull(from, buffer); err != nil { return }
				if _, err := w.Write(buffer); err != nil { return }
				flush()
			}
		}
	})
	http.ListenAndServe("127.0.0.1:" + port, nil)
}
"""


@contextlib.contextmanager
def go(frames, fps, manner="flushed", block=65536):
    needs("go")
    # Compiled once for all runs of one process.
    program = os.path.join(tempfile.gettempdir(), f"mjpeg-peers-go-{os.getpid()}")
    if not os.path.exists(program):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "main.go")
            pathlib.Path(source).write_text(GO)
            env = {**os.environ, "GOCACHE": os.path.join(folder, "cache"), "GO111MODULE": "off"}
            subprocess.run(["go", "build", "-o", program, source], check=True, env=env)
        atexit.register(os.unlink, program)
    port = free_port()
    with running([program, manner, str(block), frames, str(fps), str(port)], port) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


PHP = r"""<?php
$frames = array_map('file_get_contents', glob(getenv('FRAMES') . '/*.jpg'));
header('Content-Type: multipart/x-mixed-replace; boundary=frame');
$start = microtime(true);
for ($n = 0; ; $n++) {
  usleep(max(0, (int)(1e6 * ($start + $n / getenv('FPS') - microtime(true)))));
  $jpeg = $frames[$n % count($frames)];
  echo "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " . strlen($jpeg) . "\r\n\r\n" . $jpeg . "\r\n";
  if (getenv('APP') === 'flushed') flush();
}
"""


@contextlib.contextmanager
def php(frames, fps, folder, app="flushed", buffering=0):
    needs("php")
    port = free_port()
    pathlib.Path(folder, "index.php").write_text(PHP)
    env = {"FRAMES": frames, "FPS": str(fps), "APP": app}
    command = ["php", "-d", f"output_buffering={buffering}", "-d", "max_execution_time=0", "-S", f"127.0.0.1:{port}", "-t", folder]
    with running(command, port, env) as child:
        yield f"http://127.0.0.1:{port}/", child.pid
