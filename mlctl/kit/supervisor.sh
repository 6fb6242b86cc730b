#!/bin/sh
# Runs one job and answers for it. The job's folder is the truth; see docs/lifecycle.md.
#
#   supervisor.sh start DIR                        start the job, or attach when it was started before
#   supervisor.sh supervise DIR [lazy]             what start leaves behind: the job's own supervisor
#   supervisor.sh watch DIR                        its beat and its timeout, while it runs
#   supervisor.sh poll MAX [DIR OFFSET]...         state, and at most MAX log bytes from OFFSET, of each
#   supervisor.sh cancel DIR GRACE                 TERM now, KILL after GRACE; returns at once
#
# Times are hundredths of a second. Files that must be written however full the disk is (exit proc
# step) were reserved by staging and are overwritten in place: `1<>` opens without truncating.
# The path of a short job runs no helper but setsid: `read` and `printf` are the shell's own.
set -u

BEAT=500
me=$0

# clock: $up = hundredths of a second since boot. The 1 keeps "05" from being read as octal.
clock() {
    read -r up _ </proc/uptime
    up=$((${up%.*} * 100 + 1${up#*.} - 100))
}

# identify PID|self: $id = "pid start boot". A pid alone may belong to somebody else by now; a zombie
# is dead, and stays in the table for ever where nobody reaps.
identify() {
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    pid=${line%% *}
    # Field 2, the name, may hold blanks and brackets: count from behind its last bracket.
    # shellcheck disable=SC2086
    set -- ${line##*) }
    case $1 in Z | X) return 1 ;; esac
    [ $# -ge 20 ] || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    id="$pid ${20} $boot"
}

# alive FILE: the process that wrote FILE runs still.
alive() {
    { read -r pid start boot _ <"$1"; } 2>/dev/null || return 1
    [ -n "$boot" ] || return 1
    recorded="$pid $start $boot"
    identify "$pid" && [ "$id" = "$recorded" ]
}

# ended: the exit record is whole; sets $word $code $began $ended $lowest.
ended() {
    { read -r word code began ended lowest stop <"$d/exit"; } 2>/dev/null && [ "$stop" = . ]
}

# group_known: $group = the step's process group.
group_known() {
    group=
    { read -r group _ <"$d/step"; } 2>/dev/null
    case $group in '' | *[!0-9]*) return 1 ;; esac
}

# group_lives: somebody in the step's group is more than a zombie.
group_lives() {
    kill -0 "-$group" 2>/dev/null || return 1
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        # shellcheck disable=SC2086
        set -- ${line##*) }
        [ "${3-}" = "$group" ] && [ "$1" != Z ] && return 0
    done
    return 1
}

# nap HUNDREDTHS: sleep in a way that ends at once when we do. Where sleep knows no fractions, whole
# seconds do.
nap() {
    rest=$(($1 % 100))
    [ "$rest" -ge 10 ] || rest=0$rest
    sleep "$(($1 / 100)).$rest" 2>/dev/null &
    wait "$!" || sleep "$(($1 / 100 + 1))"
}

# until_gone GRACE: wait for the step's group to empty, then leave nobody.
until_gone() {
    clock
    deadline=$((up + $1))
    while [ "$up" -lt "$deadline" ] && group_lives; do
        nap 5
        clock
    done
    kill -KILL "-$group" 2>/dev/null
}

free_kb() {
    free=-
    while read -r key value _; do
        case $key in MemAvailable:)
            free=$value
            return
            ;;
        esac
    done </proc/meminfo
}

# limits: the second line of run.sh; $timeout may be - for none.
limits() {
    {
        read -r _
        read -r _ _ timeout grace _
    } <"$d/run.sh"
}

start() {
    if [ ! -e "$d/run.sh" ]; then
        echo absent
        return 3
    fi
    if [ -e "$d/claim" ]; then
        echo attached
        return
    fi
    # A leader that asks for a session of its own must fork for it, so the second setsid leaves the
    # supervisor behind and returns. With `&` the shell would make it, and the step, deaf to INT.
    env -i PATH="$PATH" setsid setsid sh "$me" supervise "$d" </dev/null >/dev/null 2>&1
    # Not before it stands by itself may the connection go.
    tries=0
    until [ -e "$d/claim" ] && alive "$d/proc" || ended || [ "$tries" -ge 250 ]; do
        nap 2
        tries=$((tries + 1))
    done
    echo started
}

supervise() {
    cd / || return # keep no folder busy
    # Caught, not ignored: an ignored signal would stay ignored in the step.
    trap : HUP INT QUIT TERM
    set -C
    { : >"$d/claim"; } 2>/dev/null || return 0
    set +C
    identify self
    clock
    began=$up
    printf '%-79s\n' "$id $began" 1<>"$d/proc"
    limits
    if [ "${1-}" != lazy ] || [ "$timeout" != - ]; then
        watch &
        watcher=$!
    fi
    # In the foreground, since a shell makes background commands deaf to INT. In parentheses, or what
    # this shell says of a killed child would land in the log.
    (exec setsid sh "$d/run.sh" "$d" </dev/null >>"$d/log" 2>&1)
    conclude "$?"
}

# conclude CODE: the leader has ended; end the rest, then say so.
conclude() {
    word=exited
    [ ! -e "$d/timeout" ] || word=timeout
    if [ -e "$d/cancel" ]; then
        word=cancelled
        { read -r grace <"$d/cancel"; } 2>/dev/null
    fi
    case $grace in '' | *[!0-9]*) grace=1000 ;; esac # the disk was full
    if group_known; then
        # A shell dies of TERM at once; what it started may still be saving its work.
        [ "$word" = exited ] || until_gone "$grace"
        kill -KILL "-$group" 2>/dev/null
    fi
    # Ours may not have shown itself yet; one that came later is known by its beat.
    [ -z "${watcher-}" ] || kill "$watcher" 2>/dev/null
    lowest=-
    if [ -e "$d/watcher" ]; then
        ! alive "$d/beat" || kill "$pid" 2>/dev/null
        { read -r _ _ _ _ lowest <"$d/beat"; } 2>/dev/null
    fi
    clock
    printf '%-79s\n' "$word $1 $began $up ${lowest:--} ." 1<>"$d/exit"
}

watch() {
    # $$ is the supervisor's own number in a subshell of it.
    identify self
    set -C
    { : >"$d/watcher"; } 2>/dev/null || return 0
    set +C
    mine=$id
    trap 'set +u; kill "$!" 2>/dev/null; exit 0' TERM
    limits
    lowest=
    while alive "$d/proc"; do
        read -r _ _ _ began _ <"$d/proc"
        beat
        turn=$BEAT
        if [ "$timeout" != - ]; then
            left=$((began + timeout - up))
            [ "$left" -gt 0 ] || break
            [ "$left" -ge "$turn" ] || turn=$left
        fi
        nap "$turn"
    done
    out_of_time_or_alone
}

# The loop of watch ends when time is up or when nobody is left to conclude.
out_of_time_or_alone() {
    ended && return
    if alive "$d/proc"; then
        : >"$d/timeout"
        until group_known || ! alive "$d/proc"; do nap 2; done
        kill -TERM "-$group" 2>/dev/null
        nap "$grace"
    fi
    group_known && ! ended && kill -KILL "-$group" 2>/dev/null
}

beat() {
    clock
    free_kb
    if [ "$free" != - ] && [ "$free" -lt "${lowest:-$((free + 1))}" ]; then lowest=$free; fi
    printf '%-79s\n' "$mine $up ${lowest:--}" 1<>"$d/beat"
}

cancel() {
    [ -e "$d/claim" ] && ! ended || return 0
    { printf '%s\n' "$1" >"$d/cancel"; } 2>/dev/null
    # A step that has not written its number yet finds the file just made, and does not begin.
    group_known && alive "$d/proc" && kill -TERM "-$group" 2>/dev/null
    setsid setsid sh "$me" escalate "$d" "$1" </dev/null >/dev/null 2>&1
}

escalate() {
    clock
    deadline=$((up + $1))
    while [ "$up" -lt "$deadline" ]; do
        alive "$d/proc" || break
        nap 10
        clock
    done
    ended || ! group_known || kill -KILL "-$group" 2>/dev/null
}

# state: one word for the job; sets what ended sets.
state() {
    if ended; then
        state=$word
    elif [ ! -e "$d/claim" ]; then
        state=absent
    elif alive "$d/proc"; then
        state=running
        read -r _ _ _ began _ <"$d/proc"
    elif ended; then
        state=$word # it ended while we looked
    elif starting; then
        state=running
    else
        state=lost
    fi
}

# starting: claimed a moment ago, and no process named yet.
starting() {
    read -r first _ <"$d/proc"
    [ -z "$first" ] && [ -z "$(find "$d/claim" -mmin +1 2>/dev/null)" ]
}

poll() {
    most=$1
    shift
    read -r boot </proc/sys/kernel/random/boot_id
    clock
    echo "clock $(date +%s) $up $boot"
    while [ $# -ge 2 ]; do
        d=$1 offset=$2
        shift 2
        answer
    done
}

answer() {
    state
    size=0 beat=- bytes=0
    { read -r _ _ _ beat lowest <"$d/beat"; } 2>/dev/null
    [ ! -e "$d/log" ] || size=$(($(wc -c <"$d/log")))
    [ "$offset" -ge "$size" ] || bytes=$((size - offset))
    [ "$bytes" -le "$most" ] || bytes=$most
    # Times count from a boot; those of another boot say nothing.
    { read -r _ _ recorded _ <"$d/proc"; } 2>/dev/null && [ "$recorded" = "$boot" ] || began="" ended=""
    echo "$state ${code:--} ${began:--} ${ended:--} ${lowest:--} ${beat:--} $size $bytes"
    [ "$bytes" -eq 0 ] || tail -c "+$((offset + 1))" "$d/log" | head -c "$bytes"
}

verb=${1-}
[ $# -eq 0 ] || shift
if [ "$verb" != poll ]; then
    d=${1:?the folder of a job is missing}
    shift
    case $d in /*) ;; *) d=$PWD/$d ;; esac
fi
case $verb in
start) start ;;
supervise) supervise "${1-}" ;;
watch) watch ;;
cancel) cancel "${1:?the grace time is missing}" ;;
escalate) escalate "$1" ;;
poll) poll "$@" ;;
*)
    echo "supervisor.sh: there is no verb '$verb'" >&2
    exit 2
    ;;
esac
exit
