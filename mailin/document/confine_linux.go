package document

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// confine limits this process, for good. It is the first thing a child does.
//
// Memory is bounded by RLIMIT_DATA, not RLIMIT_AS: Go reserves address space by the hundred megabytes that it never
// touches, while RLIMIT_DATA counts what is writable. The limits hold for Tesseract too, each for itself.
func confine(s settings) error {
	// "No new privileges" is said of a thread, and only such a one may set a filter (if it is not root's): both must be the
	// same.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var files uint64 // a child writes to pipes only
	if s.Warm {
		files = 128 << 20 // the compiled PDFium has 22 MB
	}
	seconds := uint64((s.Limits.Time + time.Second - 1) / time.Second)
	for _, limit := range []struct {
		which int
		value uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_DATA, uint64(s.Limits.Memory)},
		// The parent's clock ends a child; this ends one whose parent has died. Soft and hard are one, because Go ignores
		// the signal of the soft one.
		{unix.RLIMIT_CPU, childProcessors*seconds + 1},
		{unix.RLIMIT_FSIZE, files},
		{unix.RLIMIT_NOFILE, 64},
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(limit.which, &now); err != nil {
			return fmt.Errorf("document: reading limit %d: %w", limit.which, err)
		}
		value := min(limit.value, now.Max)
		if err := unix.Setrlimit(limit.which, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("document: setting limit %d: %w", limit.which, err)
		}
	}
	// No other process of this user looks into its memory, and no core of it is written.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("document: not dumpable: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("document: no new privileges: %w", err)
	}
	// Filtering carries it over to the threads that run already.
	return filterCalls(s)
}

// endGroup kills this process and all it has started. It does not return.
func endGroup() {
	if unix.Getpgrp() == os.Getpid() { // else the group is that of whoever started it by hand
		unix.Kill(0, unix.SIGKILL)
	}
	os.Exit(1)
}
