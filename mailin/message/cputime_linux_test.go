package message_test

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is how long the processor worked at f. Unlike the clock it does not count for whom else the machine works.
func cpuTime(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var began, ended unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &began) != nil {
		return clockTime(f)
	}
	f()
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ended) != nil {
		return 0
	}
	return time.Duration(ended.Nano() - began.Nano())
}
