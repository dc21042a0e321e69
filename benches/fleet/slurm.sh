#!/usr/bin/env bash
# Checks a farm of cameras by a Slurm job array, merges the results, and compares them with one run.
#
# It starts munged, slurmctld and slurmd of its own, on the loopback interface, with all files in a temporary directory, and ends
# them. It needs root and, on Debian: apt-get install slurmctld slurmd slurm-client munge
#
#     benches/fleet/slurm.sh [SHARDS [CAMERAS]]

set -euo pipefail
cd "$(dirname "$0")/../.."
shards=${1:-4}
cameras=${2:-24}
mjpeg=$PWD/target/release/mjpeg
[ -x "$mjpeg" ] || mjpeg=$PWD/target/debug/mjpeg
dir=$(mktemp -d)
pids=()
end() {
    # The last one that was started is ended first.
    for ((n = ${#pids[@]} - 1; n >= 0; n--)); do
        kill "${pids[n]}" 2>/dev/null || true
        wait "${pids[n]}" 2>/dev/null || true
    done
    rm -rf "$dir"
}
trap end EXIT

# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || {
            printf 'not in time: %s\n' "$*"
            tail -n 5 "$dir"/*.log
            return 1
        }
        sleep 0.2
    done
}

chmod 755 "$dir"
mkdir -m 700 "$dir/munge" "$dir/state" "$dir/spool"
dd if=/dev/urandom of="$dir/munge/key" bs=128 count=1 status=none
chmod 400 "$dir/munge/key"
cat >"$dir/slurm.conf" <<CONF
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
NodeName=localhost NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
export SLURM_CONF=$dir/slurm.conf

munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge.log" --seed-file="$dir/munge/seed" --num-threads=1 >"$dir/munged.log" 2>&1 &
pids+=($!)
until_true 10 test -S "$dir/munge/socket"
slurmctld -D -c -f "$dir/slurm.conf" >"$dir/slurmctld.log" 2>&1 &
pids+=($!)
slurmd -D -N localhost -f "$dir/slurm.conf" >"$dir/slurmd.log" 2>&1 &
pids+=($!)
until_true 30 sh -c "sinfo --noheader --format=%t | grep -q idle"
if ss --no-header --listening --tcp --numeric | grep -E '(0\.0\.0\.0|\*|\[::\]):1681[78] '; then
    printf 'Slurm listens on other interfaces than the loopback one\n'
    exit 1
fi

cat >"$dir/farm.toml" <<FARM
[[camera]]
name = "cam-[1-$((cameras - 1))]"
source = "test:160x120"
fps = 10

[[camera]]
name = "cam-$cameras"
source = "test:160x120"
fps = 10
faults = ["content-length-short"]
FARM
"$mjpeg" serve --farm "$dir/farm.toml" --listen 127.0.0.1:0 >"$dir/url" 2>"$dir/farm.log" &
pids+=($!)
until_true 10 test -s "$dir/url"
base=$(head -n 1 "$dir/url")
curl --silent --fail "${base%/}/targets" | sed 's/$/ --frames 5/' >"$dir/cameras.txt"

sbatch --quiet --wait --array="1-$shards" --chdir="$dir" --output="$dir/job-%a.txt" \
    --wrap="$mjpeg check --targets cameras.txt --shard auto/$shards --format json --quiet > shard-\$SLURM_ARRAY_TASK_ID.json" ||
    printf 'the array has a task that failed, as it should\n'
cat "$dir"/shard-*.json | wc -l
status=0
"$mjpeg" check --quiet --merge "$dir"/shard-*.json | tail -n 5 || status=${PIPESTATUS[0]}
[ "$status" = 1 ] || { printf 'the merged run has status %s, not 1\n' "$status"; exit 1; }
names() { jq --raw-output '"\(.name) \(.verdict)"' "$@" | sort; }
"$mjpeg" check --quiet --targets "$dir/cameras.txt" --format json >"$dir/whole.json" || true
diff <(names "$dir"/shard-*.json) <(names "$dir/whole.json")
printf '%s cameras in %s shards: the array found what one run finds\n' "$cameras" "$shards"
