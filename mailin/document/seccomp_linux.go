//go:build linux && (amd64 || arm64)

package document

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// forbidden are calls that reading a document never needs, on all architectures: reaching the network, leaving the
// process group, changing files, looking into other processes, and the parts of the kernel that are attacked most. They
// fail with EPERM; so does opening a file for writing.
var forbidden = append([]uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN,
	unix.SYS_SETSID, unix.SYS_SETPGID,
	unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_MKNODAT,
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE, unix.SYS_FTRUNCATE, unix.SYS_UTIMENSAT,
	unix.SYS_SETXATTR, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_SETPRIORITY, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETATTR, unix.SYS_IOPRIO_SET,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT, unix.SYS_SWAPON,
}, forbiddenHere...)

// ownOnly are calls that a process may use on itself alone: their first argument is its number, or 0. Go's scheduler
// signals its own threads; nobody signals the parent.
var ownOnly = []uint32{unix.SYS_KILL, unix.SYS_TGKILL, unix.SYS_PIDFD_OPEN, unix.SYS_PRLIMIT64, unix.SYS_SCHED_SETAFFINITY}

// filterCalls makes the kernel refuse what is forbidden, to all threads of this process and all it will start. Where the
// kernel knows no filters, or a container forbids to set them, the limits alone remain.
func filterCalls(s settings) error {
	if s.Warm {
		return nil // it writes the compiled code, and reads nothing foreign
	}
	program := filter()
	stuck, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})))
	switch {
	case errno == 0 && stuck != 0: // the number of a thread that could not take the filter
		return errors.New("document: filtering system calls: a thread has filters of its own")
	case errno == 0, errors.Is(errno, unix.ENOSYS), errors.Is(errno, unix.EINVAL), errors.Is(errno, unix.EPERM):
		return nil
	}
	return fmt.Errorf("document: filtering system calls: %w", errno)
}

// filter is the program, in the kernel's classic BPF. It sees struct seccomp_data: the number of the call at 0, the
// architecture at 4, the arguments from 16 on, eight bytes each.
func filter() []unix.SockFilter {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		least  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		anyBit = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		end    = unix.BPF_RET | unix.BPF_K
		refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)

		writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC
	)
	program := []unix.SockFilter{
		{Code: load, K: 4},
		{Code: equal, K: auditArch, Jt: 1},
		{Code: end, K: unix.SECCOMP_RET_KILL_PROCESS}, // calls numbered otherwise cannot be judged
		{Code: load, K: 0},
		{Code: least, K: 0x40000000, Jf: 1}, // the x32 calls of amd64
		{Code: end, K: refuse},
	}
	for _, call := range forbidden {
		program = append(program,
			unix.SockFilter{Code: equal, K: call, Jf: 1},
			unix.SockFilter{Code: end, K: refuse})
	}
	for _, call := range ownOnly {
		program = append(program,
			unix.SockFilter{Code: equal, K: call, Jf: 5},
			unix.SockFilter{Code: load, K: 16},
			unix.SockFilter{Code: equal, K: 0, Jt: 2},
			unix.SockFilter{Code: equal, K: uint32(os.Getpid()), Jt: 1},
			unix.SockFilter{Code: end, K: refuse},
			unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW})
	}
	for call, flags := range opens {
		program = append(program,
			unix.SockFilter{Code: equal, K: call, Jf: 4},
			unix.SockFilter{Code: load, K: 16 + 8*flags}, // both architectures are little-endian
			unix.SockFilter{Code: anyBit, K: writing, Jf: 1},
			unix.SockFilter{Code: end, K: refuse},
			unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW})
	}
	return append(program, unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW})
}
