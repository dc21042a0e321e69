//! What no option says: the environment and the files of the commands.

/// What commands with an option read from the environment: the option, the variables, what they do.
pub const ENVIRONMENT: &[(&str, &str, &str)] = &[
    (
        "proxy",
        "http_proxy, https_proxy, all_proxy, no_proxy",
        "The proxy for a URL, unless --proxy is given. They never apply to this machine.",
    ),
    (
        "cacert",
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "A file and folders with the certificates to trust, instead of those of the system.",
    ),
    ("color", "NO_COLOR", "If it is not empty, --color auto means never."),
    ("color", "CLICOLOR_FORCE", "If it is not 0, and NO_COLOR is empty, --color auto means always."),
    ("name", "TZ", "The time zone of the times in --name."),
    ("listen", "LISTEN_FDS, LISTEN_PID", "A socket that systemd has opened. It is used instead of --listen."),
    (
        "command",
        "MJPEG_URL, MJPEG_SNAPSHOT_URL",
        "Set for COMMAND: the URLs of the stream and of one picture.",
    ),
    ("command", "MJPEG_UNIX_SOCKET", "Set for COMMAND with --unix: the path of the socket."),
    (
        "on_change_timeout",
        "MJPEG_NAME, MJPEG_TARGET, MJPEG_TIME, MJPEG_FROM, MJPEG_TO, MJPEG_VERDICT, MJPEG_CODES, MJPEG_CAUSE, MJPEG_MESSAGE, MJPEG_JSON",
        "Set for the command of --on-change: the camera, and what has changed.",
    ),
    (
        "shard",
        "SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX",
        "The number of the shard for --shard auto/N, as Slurm and Kubernetes set it.",
    ),
];

const OUTPUTS: &str = "A page (--report), a plot (--plot), a log of HdrHistogram (--hdr), or the figures of a run (--save-baseline, --baseline).";

/// The files of a command.
pub const FILES: &[(&str, &str, &str)] = &[
    ("record", "OUT/frame-000001.jpg", "A picture, bit for bit."),
    (
        "record",
        "OUT/manifest.jsonl",
        "A line of JSON for each part: its offset, its time, its fields, its damage.",
    ),
    ("record", "OUT/damaged/", "Parts that are not whole pictures."),
    (
        "record",
        "FILE, FILE.timing",
        "A capture of --raw: the response as received, and the time of each read.",
    ),
    (
        "check",
        "manifest.jsonl",
        "In a TARGET that is a directory: what `mjpeg record` wrote about its files.",
    ),
    (
        "inspect",
        "manifest.jsonl",
        "In a TARGET that is a directory: what `mjpeg record` wrote about its files.",
    ),
    (
        "monitor",
        "DIR/NAME-0001.http, DIR/NAME-0001.http.timing",
        "A capture of --captures: the bytes around a fault, and their times.",
    ),
    ("man", "DIR/mjpeg-COMMAND.1", "The pages that --all writes."),
    ("chunks", "FILE", OUTPUTS),
    ("clients", "FILE", OUTPUTS),
    ("path", "FILE", OUTPUTS),
    ("slow", "FILE", OUTPUTS),
    ("merge", "FILE", "Logs of HdrHistogram: those that are read, and that of --hdr."),
    ("serve", "FILE.timing", "Beside a SOURCE that is a capture: the time of each read, for the replay."),
    ("serve", "SOURCE/manifest.jsonl", "In a recorded directory: the gaps and fields of --timing manifest."),
];
